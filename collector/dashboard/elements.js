/** Small words for the document: every text goes through textContent, never through markup. */

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** Writes a text only where it differs: an untouched node keeps the reader's selection, a text that changes its place. */
export function write(node, text) {
  const only = node.firstChild;
  if (only instanceof Text && only === node.lastChild) {
    if (only.data !== text) {
      only.data = text; // half as dear as a new node, and a table has hundreds
    }
  } else if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** Sets attributes where they differ; null takes one away. */
export function assign(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) {
      node.removeAttribute(name);
    } else if (node.getAttribute(name) !== String(value)) {
      node.setAttribute(name, value);
    }
  }
  return node;
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** An element of the page: make("a", {href}, "text", otherElement). */
export const make = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);

/** An element of a picture. */
export const draw = (name, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, name), attributes, children);

/** A text of people's own making, in its own direction. */
export const isolated = (text) => make("bdi", {}, text);

const shown = new WeakMap(); // node → the signature of what it shows

/** Draws into a node only where what it shows has changed: a node that is left alone costs nothing to lay out. */
export function drawOnce(node, signature, drawIt) {
  if (shown.get(node) !== signature) {
    shown.delete(node); // what cannot be drawn leaves a node that shows neither
    drawIt(node);
    shown.set(node, signature);
  }
}

function renewOne(node, fresh) {
  if (node.isEqualNode(fresh)) {
    return;
  }
  if (node.nodeName !== fresh.nodeName || node instanceof Text) {
    node.replaceWith(fresh);
    return;
  }
  [...node.attributes].filter(({ name }) => !fresh.hasAttribute(name)).forEach(({ name }) => node.removeAttribute(name));
  assign(node, Object.fromEntries([...fresh.attributes].map(({ name, value }) => [name, value])));
  renew(node, [...fresh.childNodes]);
}

/** Lets a node have fresh children: what is alike in it stays, and with it what the reader has selected. */
export function renew(node, children) {
  const there = [...node.childNodes];
  there.slice(children.length).forEach((child) => child.remove());
  children.forEach((child, place) => (place < there.length ? renewOne(there[place], child) : node.append(child)));
}

/** A text of people's own making, as `write` does it: an untouched node keeps the reader's selection. */
export const writeIsolated = (node, text) => drawOnce(node, `isolated ${text}`, () => node.replaceChildren(isolated(text)));
