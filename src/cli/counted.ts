/** @returns the number with its noun, such as `1 attempt` or `3 attempts` */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
