/** Where a job stands in the order in which a queue is claimed. */
export interface Place {
  readonly priority: number;
  readonly id: string;
}

const BEFORE_ALL: Place = { priority: 0, id: "" };

interface Floor {
  place: Place;
  /** The lowest place that was told of while a statement was under way, which may not have seen it. */
  lowered: Place | undefined;
}

/**
 * For each queue, the place below which nothing is pending as far as this process knows. Claims start there:
 * what was claimed before leaves dead entries in the index until the next vacuum, and to walk over a million
 * of them each time would take longer than all the rest.
 *
 * Whatever makes a job pending lowers the floor. What nobody has told of is below it until {@link reset}.
 */
export class Floors {
  readonly #floors = new Map<string, Floor>();

  /** A statement begins that claims from this place on. */
  begin(queue: string): Place {
    const floor = this.#floors.get(queue);
    if (floor === undefined) return BEFORE_ALL;
    floor.lowered = undefined;
    return floor.place;
  }

  /** The statement has claimed all that was pending up to `place`. */
  passed(queue: string, place: Place): void {
    const floor = this.#floors.get(queue);
    if (floor === undefined) this.#floors.set(queue, { place, lowered: undefined });
    else floor.place = lower(place, floor.lowered ?? place);
  }

  /** Something has become pending at `place`, or at any where that is not known. */
  lower(queue: string, place: Place = BEFORE_ALL): void {
    const floor = this.#floors.get(queue);
    if (floor === undefined) {
      this.#floors.set(queue, { place: BEFORE_ALL, lowered: place });
      return;
    }
    floor.place = lower(place, floor.place);
    floor.lowered = lower(place, floor.lowered ?? place);
  }

  /** Looks at everything once more. */
  reset(): void {
    for (const floor of this.#floors.values()) {
      floor.place = BEFORE_ALL;
      floor.lowered = BEFORE_ALL;
    }
  }
}

export function lower(a: Place, b: Place): Place {
  const order = a.priority - b.priority || (a.id < b.id ? -1 : 1);
  return order < 0 ? a : b;
}
