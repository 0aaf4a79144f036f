// The readable text of a place, and ranges of it: hidden characters and their names are left out.
export function textOf(place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT, (node) => {
    const apart = node.parentElement.closest(".control, summary, .source");
    return apart ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
  });
  const nodes = [];
  let length = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push({ node, start: length });
    length += node.data.length;
  }
  return { nodes, text: nodes.map(({ node }) => node.data).join("") };
}

// The last node that begins at or before a place in the text.
function nodeAt(nodes, at) {
  let low = 0;
  let high = nodes.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (nodes[middle].start <= at) low = middle;
    else high = middle - 1;
  }
  return nodes[low];
}

export function rangeIn({ nodes }, start, end) {
  const range = new Range();
  const first = nodeAt(nodes, start);
  const last = nodeAt(nodes, end - 1);
  range.setStart(first.node, start - first.start);
  range.setEnd(last.node, end - last.start);
  return range;
}

export function mark(name, ranges) {
  window.CSS?.highlights?.set(name, new Highlight(...ranges));
}

export function unmark(...names) {
  for (const name of names) window.CSS?.highlights?.delete(name);
}
