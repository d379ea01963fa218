import type { Payment } from './ledger.js';
import type { BeginRequest } from './schemas.js';

/** The page on which a customer pays. It has no script, so that a test and a person use the same form. */
export function payPage(payment: Payment, { cancelUrl }: Pick<BeginRequest, 'returnUrl' | 'cancelUrl'>): string {
  const { orderId, status } = payment;
  const back =
    cancelUrl === undefined ? '' : `<p class="back"><a href="${escaped(cancelUrl)}">Back to the shop</a></p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pay ${escaped(priceOf(payment))}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="note">Payment simulator: no money moves</p>
<h1>${escaped(priceOf(payment))}</h1>
<dl><dt>Order</dt><dd>${escaped(orderId)}</dd><dt>Payment</dt><dd>${escaped(payment.paymentId)}</dd></dl>
${bodies[status]}
${back}
</main>
</body>
</html>
`;
}

const form = `<form method="post">
<button name="choice" value="pay" class="pay">Pay</button>
<button name="choice" value="decline">Let the card be declined</button>
</form>`;

const bodies: Record<Payment['status'], string> = {
  open: form,
  failed: `<p class="state bad" role="status">The card was declined. You can try again.</p>${form}`,
  succeeded: '<p class="state good" role="status">Paid. You can close this page.</p>',
  authorised: '<p class="state good" role="status">Authorised. The shop takes the money with the order.</p>',
  canceled: '<p class="state bad" role="status">This payment is closed and cannot be paid any more.</p>',
};

function priceOf({ amount, currency }: Payment): string {
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);

const STYLE = `
:root { color-scheme: light dark; --line: #d4d7dd; --back: #f3f4f6; --card: #fff; --text: #16181d; --soft: #5b6270; --go: #1a56db; }
@media (prefers-color-scheme: dark) { :root { --line: #343a46; --back: #101318; --card: #191d25; --text: #eceef2; --soft: #9aa3b2; --go: #5b8cff; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: .25rem 0 1.25rem; font-size: 2.25rem; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.note { margin: 0; color: var(--soft); font-size: .875rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 0 0 1.5rem; font-size: .8125rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, monospace; }
form { display: grid; gap: .75rem; }
button { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: none; color: inherit; font: inherit; font-weight: 600; cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
.pay { border-color: var(--go); background: var(--go); color: #fff; }
@media (prefers-color-scheme: dark) { .pay { color: #0b0e13; } }
.state { margin: 0 0 1rem; padding: .75rem 1rem; border-radius: 8px; border: 1px solid; }
.good { color: #0f7b3f; } .bad { color: #b3261e; }
@media (prefers-color-scheme: dark) { .good { color: #56d08a; } .bad { color: #ff8b82; } }
.back { margin: 1.25rem 0 0; font-size: .875rem; } a { color: var(--go); }
`;
