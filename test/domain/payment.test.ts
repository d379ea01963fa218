import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { prefixedPaymentId, providersPaymentId, refundKey } from '../../src/domain/payment.js';

test("the provider's name in front of a stored payment's id is not sent to the provider", (t) => {
  t.is(prefixedPaymentId({ provider: 'stripe', paymentId: 'pi_1' }), 'stripe:pi_1');
  t.is(providersPaymentId({ provider: 'stripe', paymentId: 'stripe:pi_1' }), 'pi_1');
});

test("another provider's name in front, or the name elsewhere, is a part of the id", (t) => {
  for (const paymentId of ['pi_1', 'other:pi_1', 'stripe', 'pi_stripe:1', 'stripe-pi_1']) {
    t.is(providersPaymentId({ provider: 'stripe', paymentId }), paymentId);
  }
});

testProp('a prefix that was added to an id is removed once', [fc.string(), fc.string()], (t, provider, paymentId) => {
  t.is(providersPaymentId({ provider, paymentId: prefixedPaymentId({ provider, paymentId }) }), paymentId);
});

test('the key of a refund is made of its payment, and is the same at every try', (t) => {
  t.is(refundKey('pi_1'), 'refund:pi_1');
  t.is(refundKey('pi_1', 0), 'refund:pi_1');
  t.is(refundKey('pi_1', 2), 'refund:pi_1:2');
});
