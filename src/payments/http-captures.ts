import type { CaptureOrder, CaptureOutcome, Captures } from '../domain/authorisation.js';
import { unavailable } from '../domain/errors.js';
import { answerOf, type HttpCall, reasonIn } from './http-call.js';
import { httpPayment, pathOf } from './http-desk.js';

/** Takes and releases money that is authorised, by the provider's HTTP API. */
export function createHttpCaptures(call: HttpCall): Captures {
  /** The answer is the payment as it is then, so that a second call learns what the first one did. */
  async function move(what: 'capture' | 'void', { key, paymentId, amount, currency }: CaptureOrder) {
    const body = what === 'capture' ? { amount, currency } : {};
    const answer = await call(`${pathOf(paymentId)}/${what}`, { key, body });
    if (answer.isFinal) return { refused: reasonIn(answer) };
    return answerOf(answer, httpPayment, 'payment');
  }

  return {
    async capture(order): Promise<CaptureOutcome> {
      const now = await move('capture', order);
      if ('refused' in now) return now;
      if (now.status === 'succeeded') return { captured: now.amount };
      if (now.status === 'canceled') return { refused: `the authorisation of ${now.paymentId} has ended` };
      throw notYet('capture', now.status);
    },
    async void(order) {
      const now = await move('void', order);
      if ('refused' in now) return now;
      if (now.status === 'succeeded') return { captured: now.amount };
      if (now.status === 'canceled') return { voided: true };
      throw notYet('void', now.status);
    },
  };
}

const notYet = (what: string, status: string) =>
  unavailable('the payment provider', new Error(`it answered a ${what} with a payment that is ${status}`));
