/**
 * Waits for `work` no longer than `ms`. The work itself goes on after that: its late result, or its late error, is
 * dropped.
 *
 * @param late makes the error of the time-out; where `late` returns none, the wait goes on for the same time again
 * @throws the error of the work, or the error of the time-out
 */
export async function withTimeout<T>(work: Promise<T>, ms: number, late: () => Error | undefined): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const wait = (): void => {
      timer = setTimeout(() => {
        const error = late();
        if (error === undefined) wait();
        else reject(error);
      }, ms);
    };
    wait();
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
