import type { Reader, Sight } from "../world/reader.ts";
import type { History } from "./history.ts";
import { difference } from "./portrait.ts";
import { require, violated } from "./violation.ts";
import type { Walker } from "./walker.ts";

/**
 * Walks through the history, and holds each sight against the state at its place: everybody sees a beginning of the
 * history, whole commits only.
 */
export function walkWithSights(walker: Walker, history: History, sights: readonly Sight[]): void {
  const open = new Map<string, Sight[]>();
  for (const sight of sights) {
    const place = placeOf(sight.position);
    open.set(place, [...(open.get(place) ?? []), sight]);
  }
  const look = (epoch: number, slot: number) => {
    const place = placeOf({ epoch, slot });
    for (const { by, lines } of open.get(place) ?? []) {
      const found = difference(walker.state.portrait(), lines);
      require(found === undefined, () => `${by} did not see the state at ${place}:${found}`);
    }
    open.delete(place);
  };
  const slots = history.slots.values();
  for (const [epoch, end] of history.ends) {
    for (let slot = 0; slot < end; slot++) {
      look(epoch, slot);
      walker.slot(slots.next().value as History["slots"][0]);
    }
    look(epoch, end);
  }
  for (const [place, [sight]] of open)
    violated(`${sight?.by} saw ${place}, which is not in the history`);
}

/** A reader never goes back, and a refresh shows all that was acknowledged before. */
export function checkReaders(readers: readonly Reader[], walker: Walker): void {
  for (const { sights, refreshes, process } of readers) {
    const places = sights.map(({ position }) => placeOf(position));
    require(places.every(
      (place, index) => index === 0 || (places[index - 1] as string) <= place,
    ), () => `reader ${process.number} went back: ${places}`);
    for (const { begun, position } of refreshes) {
      for (const { call, slot, isEarly } of walker.groups) {
        const isKnown = call?.settled !== undefined && call.error === undefined && !isEarly;
        if (!isKnown || (call.settled?.tick ?? 0) > begun.tick) continue;
        require(placeOf(slot) < placeOf(position), () =>
          `reader ${process.number} is at ${placeOf(position)} after a refresh, and call ` +
          `${call.number} was acknowledged at ${placeOf(slot)} before it`);
      }
    }
  }
}

function placeOf({ epoch, slot }: Sight["position"]): string {
  return `${String(epoch).padStart(6, "0")}/${String(slot).padStart(6, "0")}`;
}
