import { priceInWords } from '../domain/in-words.js';
import { plain } from './words.js';

/** Of an order, or of a message of another service: the kind and the label may be any text. */
export interface ShownAdjustment {
  readonly kind: string;
  readonly label: string;
  /** In minor units. */
  readonly amount: number;
  readonly included?: boolean | undefined;
}

/** With the lines of the order these fit into the 20,000 bytes that Temporal keeps of details. */
const MOST = 15;
const LONGEST = 40;

/** What an order costs beside its items, as lines of Markdown for the Web UI. */
export function adjustmentLines(adjustments: readonly ShownAdjustment[], currency: string): string[] {
  const lines = adjustments.slice(0, MOST).map(({ kind, label, amount, included }) => {
    const how = included ? ', included in the prices' : '';
    return `- ${plain(kind, LONGEST)}, ${plain(label, LONGEST)}: ${priceInWords(amount, currency)}${how}`;
  });
  if (adjustments.length > MOST) lines.push(`- and ${adjustments.length - MOST} adjustments more`);
  return lines;
}
