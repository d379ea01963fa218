/** What the descriptions of the routes for endpoints show. */

export const ENDPOINT_ID = '01a2f0de-91c0-7d11-a2f5-0c4d1be55e20';

export const endpointExample = {
  endpointId: ENDPOINT_ID,
  url: 'https://shop.example.com/events',
  events: ['order.paid', 'refund.*'],
  signature: 'v1',
  publicKey: null,
  state: 'active',
  pausedReason: null,
  pausedAt: null,
  failingSince: null,
  lastFailure: null,
  lastSuccessAt: '2026-03-01T10:00:00.000Z',
  createdAt: '2026-02-01T10:00:00.000Z',
  waiting: 0,
};
export const secretExample = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
