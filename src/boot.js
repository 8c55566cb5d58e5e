// Two things that cannot wait for the program, and its start. No inline script: the page's policy allows none.
//
// 1. Before the first paint: which colours, and whether the answer in index.html is the one asked for (`#/` only; any
//    other address and every embed gets a neutral skeleton).
// 2. When the document is there: load the program that Trunk's preload links name.
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
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  root.dataset.view = embed ? "embed" : /^#?\/?$/.test(location.hash) ? "home" : "room";

  const crash = (error) => {
    const screen = document.getElementById("crash");
    screen.hidden = false;
    document.body.dataset.state = "crashed";
    console.error(error);
  };
  document.addEventListener("DOMContentLoaded", async () => {
    try {
      const program = await import(document.querySelector("link[rel=modulepreload]").href);
      await program.default({ module_or_path: document.querySelector("link[rel=preload][as=fetch]").href });
    } catch (error) {
      crash(error);
    }
  });
})();
