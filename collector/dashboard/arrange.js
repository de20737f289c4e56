/**
 * Puts elements into an order with as few moves as there can be: one that is moved is laid out anew, and whoever goes from the head
 * of a table to its foot must not take all the others along.
 */

/** Which of some numbers stay where all others are moved so that they ascend: a Set of the places of a longest ascending row of them. */
export function staying(numbers) {
  const ends = []; // of each length, the place of the least number that such a row ends with
  const before = []; // of each place, the place before it in its row
  numbers.forEach((number, place) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      numbers[ends[middle]] < number ? low = middle + 1 : high = middle;
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

/** Lets a parent have some elements in their order: all that it has, and perhaps new ones. */
export function arrange(parent, elements) {
  const places = new Map([...parent.children].map((element, place) => [element, place]));
  const old = elements.filter((element) => places.has(element));
  const stays = staying(old.map((element) => places.get(element)));
  const still = new Set(old.filter((_, place) => stays.has(place)));
  elements.reduceRight((next, element) => (still.has(element) ? element : parent.insertBefore(element, next)), null);
}
