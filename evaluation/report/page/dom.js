// Elements from values. Text becomes a text node, never markup, so text of a model cannot become a tag.

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

// h("p", {class: "note"}, "text", child, [more, children])
function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function mathml(name, attributes = {}, ...children) {
  return fill(document.createElementNS(MATHML, name), attributes, children);
}

const byId = (id) => document.getElementById(id);

function replaceChildren(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child != null && child !== false));
}

// Copies text, also where the page was opened as a file and the browser keeps its clipboard to itself.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "offstage", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function copyButton(text, label = "Copy") {
  const button = h("button", { class: "copy", type: "button", onclick: async () => {
    await copy(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1200);
  } }, label);
  return button;
}

const count = (number) => number.toLocaleString("en-US");
const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
