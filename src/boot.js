// Two things that cannot wait for the program, and its start. No inline script: the page's policy allows none.
//
// 1. Before the first paint: which colours, what is hidden, and whether the answer in index.html is the one asked for (`#/` only; any
//    other address and every embed gets a neutral skeleton).
// 2. When the document is there: load the program. The start page is painted before, so that the little that it needs does
//    not share the line with the program.
"use strict";
(() => {
  const root = document.documentElement;
  const query = new URLSearchParams(location.search);
  const embed = query.has("embed") && query.get("embed") !== "0";
  let theme = query.get("theme");
  try {
    if (!theme && !embed) theme = localStorage.getItem("bitbudget.theme");
  } catch {
    // Storage is refused in a sandboxed frame.
  }
  if (/^(light|dark|contrast|projector)$/.test(theme)) root.dataset.theme = theme;
  const home = location.hash ? /^#\/?$/.test(location.hash) : !query.has("step");
  root.dataset.view = !embed && home ? "home" : "room";
  if (embed) root.dataset.embed = "";
  for (const key of ["hide", "motion"]) root.dataset[key] = query.get(key)?.replaceAll(",", " ") ?? "";

  const crash = (error) => {
    const screen = document.getElementById("crash");
    screen.hidden = false;
    document.body.dataset.state = "crashed";
    console.error(error);
  };
  // A frame's callbacks come before what it paints is seen, and a quick program would come before that too: where the
  // browser tells of the paint, that is waited for.
  const painted = () => new Promise((done) => {
    if (window.PerformanceObserver?.supportedEntryTypes?.includes("paint")) {
      new PerformanceObserver(done).observe({ type: "paint", buffered: true });
    } else {
      requestAnimationFrame(() => setTimeout(done));
    }
    setTimeout(done, 1000); // a window that is not shown paints nothing
  });
  document.addEventListener("DOMContentLoaded", async () => {
    try {
      if (root.dataset.view === "home") await painted();
      const program = document.querySelector("meta[name=program]");
      const url = (path) => new URL(path, document.baseURI).href;
      const wasm = fetch(url(program.dataset.wasm)); // together with the glue, not after it
      const glue = await import(url(program.content));
      await glue.default({ module_or_path: wasm });
    } catch (error) {
      crash(error);
    }
  });
})();
