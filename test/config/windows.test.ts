import test from 'ava';
import { loadConfig } from '../../src/config/config.js';

const names = ['PAYMENT_WINDOW', 'PAYMENT_WINDOWS', 'MAX_PAYMENT_WINDOW'] as const;
const load = (env: NodeJS.ProcessEnv) => loadConfig(env, names);

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

test('a payment method has a name and a window, and blanks around both mean nothing', (t) => {
  const { PAYMENT_WINDOWS: windows } = load({ PAYMENT_WINDOWS: ' card = 30 minutes ,transfer=7 days' });
  t.deepEqual(
    [...windows],
    [
      ['card', 30 * MINUTE],
      ['transfer', 7 * DAY],
    ],
  );
  t.is(load({}).PAYMENT_WINDOWS.size, 0);
});

for (const [text, problem] of [
  ['card', /for "card" a window that is missing/],
  ['card=', /for "card" a window that is missing/],
  ['card=30', /for "card" a window that is wrong: "30" has no unit/],
  ['card=30 minutes, transfer=soon', /for "transfer" a window that is wrong: "soon" is not a positive duration/],
  ['card=0 minutes', /for "card" a window that is wrong: "0 minutes" is not a positive duration/],
  ['card=-1 minute', /for "card" a window that is wrong: "-1 minute" is not a positive duration/],
  ['card=1 hour, card=2 hours', /names "card" twice/],
  ['Card=1 hour', /has "Card" where a name/],
  ['=1 hour', /has "" where a name/],
  ['card=1 hour,', /has "" where a name/],
  [`${'x'.repeat(33)}=1 hour`, /has "x+" where a name/],
] as const) {
  test(`PAYMENT_WINDOWS="${text}" is refused by its name, with an example`, (t) => {
    const { message = '' } = t.throws(() => load({ PAYMENT_WINDOWS: text })) ?? {};
    t.regex(message, /^PAYMENT_WINDOWS .*\. Example: PAYMENT_WINDOWS="card=30 minutes, transfer=7 days"$/);
    t.regex(message, problem);
  });
}

test('no window is above the greatest one', (t) => {
  t.throws(() => load({ PAYMENT_WINDOW: '31 days' }), {
    message: /^PAYMENT_WINDOW is above MAX_PAYMENT_WINDOW\. Example/,
  });
  t.throws(() => load({ PAYMENT_WINDOWS: 'card=1 hour, transfer=31 days' }), {
    message: /^PAYMENT_WINDOWS has for transfer a window above MAX_PAYMENT_WINDOW\. Example/,
  });
  t.is(load({ PAYMENT_WINDOW: '31 days', MAX_PAYMENT_WINDOW: '31 days' }).PAYMENT_WINDOW, 31 * DAY);
  t.is(load({ PAYMENT_WINDOWS: 'transfer=30 days' }).PAYMENT_WINDOWS.get('transfer'), 30 * DAY);
});
