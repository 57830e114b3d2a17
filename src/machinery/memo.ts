/**
 * What each of many items adds to an owner, worked out again only for the items that changed since the last look. It
 * holds nothing but what follows from the (immutable) owner and items, so it may be lost at any time, and taking writes
 * back cannot make it wrong.
 */
export class Memo<Owner extends object, Item extends object, Answer> {
  private readonly known = new WeakMap<Owner, Map<Item, Answer>>();

  /** The answers for `items`, in their order; those for other items are forgotten. `isValid` checks what is known. */
  look(
    owner: Owner,
    items: readonly Item[],
    work: (item: Item) => Answer,
    isValid: (known: Answer, item: Item) => boolean = () => true,
  ): Iterable<Answer> {
    const before = this.known.get(owner);
    const answers = new Map<Item, Answer>();
    for (const item of items) {
      const known = before?.get(item);
      answers.set(item, known !== undefined && isValid(known, item) ? known : work(item));
    }
    this.known.set(owner, answers);
    return answers.values();
  }
}
