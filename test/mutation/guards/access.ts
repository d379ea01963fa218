import type { GuardedFile } from '../guard.js';

/** Which webhooks and tokens are accepted, and who may read which order. */
export const access: readonly GuardedFile[] = [
  {
    file: 'src/payments/standard-webhooks.js',
    guards: [
      {
        name: 'Standard Webhooks: the signature',
        text: 'verify(verifiers, raw, header);',
        without: '',
        test: ['payments/standard-webhooks', 'a signature with another secret is refused'],
      },
      {
        name: 'Standard Webhooks: the tolerance of time',
        text: 'verifier.verify(raw, headers, { jsonParse: false });',
        without: `const at = new Date(1000 * headers['webhook-timestamp']);
            const signature = verifier.sign(headers['webhook-id'], at, raw);
            if (!headers['webhook-signature'].split(' ').includes(signature)) continue;`,
        test: ['payments/standard-webhooks', 'a timestamp 310 s in the past is refused'],
      },
      {
        name: 'Standard Webhooks: no webhook is accepted without a secret',
        text: 'throw refused();',
        without: '',
        test: ['payments/standard-webhooks', 'every webhook is refused without a secret'],
      },
    ],
  },
  {
    file: 'src/payments/stripe-webhooks.js',
    guards: [
      {
        name: 'Stripe: the signature',
        text: '!secrets.some((secret) => isSigned(webhooks, raw, signature, secret))',
        without: 'false',
        test: [
          'payments/stripe-webhooks',
          'a signature with another secret, a missing signature and a malformed signature are refused',
        ],
      },
      {
        name: 'Stripe: a signature that cannot be verified is wrong',
        text: 'return false;',
        without: 'return true;',
        test: [
          'payments/stripe-webhooks',
          'a signature with another secret, a missing signature and a malformed signature are refused',
        ],
      },
      {
        name: 'Stripe: the tolerance of time',
        text: 'verifyHeader(raw, header, secret)',
        without: 'verifyHeader(raw, header, secret, 0)',
        test: [
          'payments/stripe-webhooks',
          "a signature is accepted within the tolerance of Stripe's library, and not after that",
        ],
      },
    ],
  },
  {
    file: 'src/http/place-checkout.js',
    guards: [
      {
        name: 'only the backend sends adjustments',
        text: "adjustments === undefined ? [] : [['adjustments']]",
        without: '[]',
        test: [
          'http/totals',
          'only the backend may send prices and adjustments; reference and metadata are for everybody',
        ],
      },
    ],
  },
  {
    file: 'src/payments/stripe-events.js',
    guards: [
      {
        name: 'Stripe: the received amount counts',
        text: "ofIntent('amount_received')",
        without: "ofIntent('amount')",
        test: ['payments/stripe-webhooks', 'the received amount is the amount of the payment'],
      },
      {
        name: 'Stripe: a session that is not paid yet is no payment',
        text: "status !== 'unpaid' && status !== 'no_payment_required'",
        without: 'true',
        test: ['payments/stripe-webhooks', 'a session that is completed and unpaid is no payment yet'],
      },
    ],
  },
  {
    file: 'src/http/webhook-route.js',
    guards: [
      {
        name: 'a header that is sent twice is refused',
        text: 'values?.length === 1',
        without: 'values',
        test: ['http/webhook-route', 'webhook-signature sent twice is answered 401, with the same value or another'],
      },
      {
        name: 'an event is durable before its 2xx',
        text: 'await counted(named, () => deps.storeEvent(event))',
        without: "(deps.storeEvent(event).catch(() => undefined), { as: 'stored' })",
        test: ['http/webhook-route', 'an event that cannot be stored is answered 503 and not reported'],
      },
      {
        name: 'a report of a refund or a dispute is durable before its 2xx',
        text: 'await counted(named, () => deps.storeReport(event))',
        without: "(deps.storeReport(event).catch(() => undefined), 'stored')",
        test: ['http/webhook-route', 'a report of a refund or a dispute that cannot be stored is answered 503'],
      },
      {
        name: 'only a stored payment is reported',
        text: "if (paymentId !== undefined && result === 'stored')",
        without: "if (result === 'stored')",
        test: ['http/webhook-route', 'the event of a failed payment is stored and not reported'],
      },
    ],
  },
  {
    file: 'src/http/bearer.js',
    guards: [
      {
        name: 'the comparison of tokens',
        text: 'timingSafeEqual(digest(expected), digest(given))',
        without: 'digest(expected).length === digest(given).length',
        test: ['http/order-tokens', 'an order is read only with its own token'],
      },
    ],
  },
  {
    file: 'src/http/checkout-caller.js',
    guards: [
      {
        name: 'the checkout token',
        text: 'if (isOurs(bearerIn(authorization)))',
        without: 'if (authorization)',
        test: [
          'http/checkout-caller',
          "a checkout with the backend's token is taken, and one with any other token or without one is a 401",
        ],
      },
      {
        name: 'a checkout without a token',
        text: 'if (checkoutOpen)',
        without: 'if (true)',
        test: ['http/checkout-caller', 'a shop that is neither open nor has a token sells to nobody'],
      },
    ],
  },
  {
    file: 'src/http/extend-route.js',
    guards: [
      {
        name: "a move of a deadline on the public listener without the shop's token",
        text: 'if (!callerOf(request.headers).isBackend)',
        without: 'if (false)',
        test: ['http/extend', "the public listener takes the shop's token alone, also where a checkout needs none"],
      },
    ],
  },
  {
    file: 'src/http/order-routes.js',
    guards: [
      {
        name: 'the read token',
        text: 'sameSecret(readToken, bearerToken(request))',
        without: 'true',
        test: ['http/order-tokens', 'an order is read only with its own token'],
      },
      {
        name: 'the token is checked before the cancel',
        text: 'const { orderId } = await authorized(deps, request, maySee);',
        without: 'const { orderId } = request.params;',
        test: ['http/order-tokens', 'an order is canceled only with its own token'],
      },
    ],
  },
  {
    file: 'src/http/operator-token.js',
    guards: [
      {
        name: 'the admin token',
        text: '!sameSecret(adminToken, given)',
        without: 'false',
        test: ['http/rate-limit', 'guesses at the admin token are limited, and requests with the token are not'],
      },
    ],
  },
];
