/** Does `work` for each item, `atOnce` at a time. @returns the answers, in the order of the items */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  const todo = items.entries();
  // All of them take from the one iterator, so that each item is taken once.
  const takeTurns = async (): Promise<void> => {
    for (const [index, item] of todo) answers[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, takeTurns));
  return answers;
}
