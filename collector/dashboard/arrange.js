/**
 * Puts elements into an order with as few moves as there can be: one that is moved is laid out anew, and whoever goes from the head
 * of a table to its foot must not take all the others along. What the reader holds stays, and the others go round it: an element that is
 * moved loses the focus and the selection.
 */

/**
 * Which of some numbers stay where all others are moved so that they ascend: a Set of the places of a longest ascending row of them
 * that has those of the places `held`; of two that cannot both stay, the one that is named first.
 */
export function staying(numbers, held = []) {
  const beside = (places, one) => places.filter((place) => (place < one) === (numbers[place] < numbers[one]));
  const places = held.reduce((left, one) => (left.includes(one) ? beside(left, one) : left), [...numbers.keys()]);
  const ends = []; // of each length, the place of the least number that such a row ends with
  const before = []; // of each place, the place before it in its row
  places.forEach((place) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      numbers[ends[middle]] < numbers[place] ? low = middle + 1 : high = middle;
    }
    before[place] = ends[low - 1];
    ends[low] = place;
  });
  const found = new Set();
  for (let place = ends[ends.length - 1]; place !== undefined; place = before[place]) {
    found.add(place);
  }
  return found;
}

let ends = []; // of what is selected, kept for arrange(): to ask for them there would cost a layout each time
document.addEventListener("selectionchange", () => {
  const selection = window.getSelection();
  ends = selection.isCollapsed ? [] : [selection.anchorNode, selection.focusNode];
});

/** The places of those elements that the reader holds: what is under the keyboard first, then where a selection begins and ends. */
const heldOf = (elements) => [document.activeElement, ...ends]
  .map((node) => elements.findIndex((element) => element.contains(node))).filter((place) => place >= 0);

/** Lets a parent have some elements in their order: all that it has, and perhaps new ones. */
export function arrange(parent, elements) {
  const there = [...parent.children];
  if (there.length === elements.length && there.every((element, place) => element === elements[place])) {
    return;
  }
  const places = new Map(there.map((element, place) => [element, place]));
  const old = elements.filter((element) => places.has(element));
  const stays = staying(old.map((element) => places.get(element)), heldOf(old));
  const still = new Set(old.filter((_, place) => stays.has(place)));
  elements.reduceRight((next, element) => (still.has(element) ? element : parent.insertBefore(element, next)), null);
}
