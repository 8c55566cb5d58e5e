//! Tensors by the parts of their names.

use crate::order;
use crate::weights::Checkpoint;
use std::collections::{BTreeSet, HashMap};

/// The tensors as a tree. Its nodes are numbered once for a checkpoint, so that a question can say which are folded.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    roots: Vec<u32>,
}

/// A part of names, with all that begins with it.
#[derive(Debug, Default)]
pub struct Node {
    /// The part, or several where the first has no other continuation.
    pub label: String,
    /// The tensor of that name; a tensor may have others below it.
    pub tensor: Option<u32>,
    /// The nodes below it, in the order of the files, numbers ascending.
    pub children: Vec<u32>,
    /// How many tensors it holds.
    pub tensors: u32,
    /// Their values.
    pub params: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A row that is in view once folded nodes are folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The node.
    pub node: u32,
    /// How deep it lies.
    pub depth: u32,
    /// Whether what lies below it is in view too.
    pub is_open: bool,
}

impl Tree {
    /// The tree of a checkpoint's names, which are divided at their dots.
    #[must_use]
    pub fn new(checkpoint: &Checkpoint) -> Self {
        let mut tree = Self::default();
        let mut found: HashMap<(u32, &str), u32> = HashMap::new();
        for (place, tensor) in (0..).zip(&checkpoint.tensors) {
            let mut parent = ROOT;
            for part in tensor.name.split('.') {
                let next = *found.entry((parent, part)).or_insert_with(|| {
                    let node = tree.add(part.to_owned());
                    tree.children_of(parent).push(node);
                    node
                });
                let node = &mut tree.nodes[next as usize];
                node.tensors += 1;
                node.params = node.params.saturating_add(tensor.len());
                node.bytes = node.bytes.saturating_add(tensor.span.len());
                parent = next;
            }
            if let Some(node) = tree.nodes.get_mut(parent as usize) {
                node.tensor = Some(place);
            }
        }
        for node in 0..tree.nodes.len() as u32 {
            tree.join_run(node);
        }
        tree.join_run(ROOT);
        for node in 0..tree.nodes.len() {
            tree.join_only_child(node);
        }
        tree
    }

    fn add(&mut self, label: String) -> u32 {
        self.nodes.push(Node { label, ..Node::default() });
        (self.nodes.len() - 1) as u32
    }

    fn children_of(&mut self, node: u32) -> &mut Vec<u32> {
        match self.nodes.get_mut(node as usize) {
            Some(node) => &mut node.children,
            None => &mut self.roots,
        }
    }

    /// Puts numbered nodes beside each other, such as layers, in one: `[0–31]`.
    fn join_run(&mut self, parent: u32) {
        let number = |nodes: &[Node], node: u32| nodes[node as usize].label.parse::<u32>().ok();
        let children = std::mem::take(self.children_of(parent));
        let (mut numbered, mut all): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        let place = children.iter().position(|child| number(&self.nodes, *child).is_some());
        for child in children {
            if number(&self.nodes, child).is_some() { &mut numbered } else { &mut all }.push(child);
        }
        order::sort_by_key(&mut numbered, |child| number(&self.nodes, *child));
        if let ([first, .., last], Some(place)) = (numbered.as_slice(), place) {
            let label = format!("[{}–{}]", self.nodes[*first as usize].label, self.nodes[*last as usize].label);
            let run = self.add(label);
            for child in &numbered {
                let (tensors, params, bytes) = {
                    let child = &self.nodes[*child as usize];
                    (child.tensors, child.params, child.bytes)
                };
                let run = &mut self.nodes[run as usize];
                run.tensors += tensors;
                run.params = run.params.saturating_add(params);
                run.bytes = run.bytes.saturating_add(bytes);
            }
            self.nodes[run as usize].children = numbered;
            all.insert(place.min(all.len()), run);
        } else {
            all.splice(place.unwrap_or(0).min(all.len())..place.unwrap_or(0).min(all.len()), numbered);
        }
        *self.children_of(parent) = all;
    }

    /// Writes a node and the only one below it as one.
    fn join_only_child(&mut self, node: usize) {
        while let (&[only], None) = (self.nodes[node].children.as_slice(), self.nodes[node].tensor) {
            let only = std::mem::take(&mut self.nodes[only as usize]);
            let label = format!("{}.{}", self.nodes[node].label, only.label);
            self.nodes[node] = Node { label, ..only };
        }
    }

    /// The node of this number.
    #[must_use]
    pub fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    /// For each node what its tensors add up to.
    pub fn add_up<T: Clone>(&self, none: T, of: impl Fn(u32) -> T, add: impl Fn(&mut T, &T)) -> Vec<T> {
        let mut sums = vec![none; self.nodes.len()];
        for node in self.below_first() {
            let mut sum = self.nodes[node as usize].tensor.map(&of);
            for child in &self.nodes[node as usize].children {
                match &mut sum {
                    Some(sum) => add(sum, &sums[*child as usize]),
                    None => sum = Some(sums[*child as usize].clone()),
                }
            }
            if let Some(sum) = sum {
                sums[node as usize] = sum;
            }
        }
        sums
    }

    /// The nodes that can be reached, each behind all that lie below it.
    fn below_first(&self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut stack: Vec<u32> = self.roots.clone();
        while let Some(node) = stack.pop() {
            order.push(node);
            stack.extend(&self.nodes[node as usize].children);
        }
        order.reverse();
        order
    }

    /// The rows in view: roots are open and others folded, but those that were turned are the other way round. Of a filter only
    /// what matches and what leads there is shown, and open.
    #[must_use]
    pub fn rows(&self, turned: &BTreeSet<u32>, matches: Option<&[bool]>) -> Vec<Row> {
        let matching = matches.map(|matches| {
            self.add_up(false, |tensor| matches.get(tensor as usize).copied().unwrap_or(false), |sum, one| *sum |= one)
        });
        let is_shown = |node: u32| matching.as_ref().is_none_or(|matching| matching[node as usize]);
        let mut rows = Vec::new();
        let mut stack: Vec<(u32, u32)> = self.roots.iter().rev().map(|root| (*root, 0)).collect();
        while let Some((node, depth)) = stack.pop() {
            if !is_shown(node) {
                continue;
            }
            let is_usually_open = depth == 0 || matching.is_some();
            let is_open = is_usually_open != turned.contains(&node);
            rows.push(Row { node, depth, is_open });
            if is_open {
                stack.extend(self.nodes[node as usize].children.iter().rev().map(|child| (*child, depth + 1)));
            }
        }
        rows
    }
}

/// Above all nodes.
const ROOT: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::super::tests::checkpoint_of;
    use super::*;

    fn shown(tree: &Tree, turned: &[u32], matches: Option<&[bool]>) -> Vec<String> {
        let rows = tree.rows(&turned.iter().copied().collect(), matches);
        rows.iter()
            .map(|row| format!("{}{}", "  ".repeat(row.depth as usize), tree.node(row.node).unwrap().label))
            .collect()
    }

    fn number_of(tree: &Tree, label: &str) -> u32 {
        (0..tree.nodes.len() as u32).find(|node| tree.node(*node).unwrap().label == label).unwrap()
    }

    #[test]
    fn layers_fold_into_one_row_with_their_totals() {
        let checkpoint = checkpoint_of(&[
            "model.embed.weight",
            "model.layers.0.q.weight",
            "model.layers.0.norm.weight",
            "model.layers.10.q.weight",
            "model.layers.2.q.weight",
            "head.weight",
        ]);
        let tree = Tree::new(&checkpoint);
        assert_eq!(shown(&tree, &[], None), ["model", "  embed.weight", "  layers.[0–10]", "head.weight"]);
        let layers = number_of(&tree, "layers.[0–10]");
        let node = tree.node(layers).unwrap();
        assert_eq!((node.tensors, node.params, node.bytes), (4, 4 * 12, 4 * 24));
        let opened = shown(&tree, &[layers], None);
        assert_eq!(opened[3..], ["    0", "    2.q.weight", "    10.q.weight", "head.weight"], "numbers ascend");
        let zero = number_of(&tree, "0");
        assert_eq!(shown(&tree, &[layers, zero], None)[4..6], ["      q.weight", "      norm.weight"]);
        assert_eq!(shown(&tree, &[0], None), ["model", "head.weight"], "a root can be folded");
    }

    #[test]
    fn a_filter_opens_the_way_to_what_matches() {
        let checkpoint = checkpoint_of(&["a.0.q", "a.0.k", "a.1.q", "b"]);
        let tree = Tree::new(&checkpoint);
        let rows = shown(&tree, &[], Some(&[false, true, false, false]));
        assert_eq!(rows, ["a.[0–1]", "  0", "    k"]);
    }

    #[test]
    fn a_tensor_may_have_others_below_its_name() {
        let tree = Tree::new(&checkpoint_of(&["a", "a.scale"]));
        assert_eq!(shown(&tree, &[], None), ["a", "  scale"]);
        let sums = tree.add_up(0, |tensor| tensor + 1, |sum, one| *sum += one);
        assert_eq!(sums[..2], [3, 2]);
    }

    #[test]
    fn odd_names_make_no_trouble() {
        let tree = Tree::new(&checkpoint_of(&["", ".", "..", "a..b", "7", "8", "99999999999999999999"]));
        assert_eq!(tree.roots.iter().map(|root| tree.nodes[*root as usize].tensors).sum::<u32>(), 7);
    }
}
