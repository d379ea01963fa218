import test from 'ava';
import { addressesOf, isPublic, RefusedAddress } from '../../src/endpoints/addresses.js';
import { toTarget } from '../../src/endpoints/target.js';

test('an address of the own network is none of the internet, in each form of each version', (t) => {
  for (const address of [
    ...['127.0.0.1', '127.8.8.8', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '0.0.0.0', '0.1.2.3'],
    ...['169.254.169.254', '100.64.0.1', '100.127.255.255', '224.0.0.1', '239.1.1.1', '255.255.255.255', '240.0.0.1'],
    ...['192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '192.88.99.1'],
    ...['::', '::1', 'fe80::1', 'fc00::1', 'fd12::1', 'fd00:ec2::254', 'ff02::1', 'fec0::1', '100::1', '2001:db8::1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:127.0.0.1'],
    ...['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '2002:7f00:1::1', '2001::1', '3fff::1', '5f00::1'],
    ...['fe80::1%eth0', 'localhost', '', '8.8.8', 'not an address'],
  ])
    t.false(isPublic(address), address);
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1'])
    t.true(isPublic(address), address);
});

test('a host whose name leads into the own network is refused, unless this is allowed', async (t) => {
  for (const host of ['localhost', '127.0.0.1', '[::1]', '[::ffff:169.254.169.254]', '169.254.169.254'])
    await t.throwsAsync(addressesOf(host, { allowPrivate: false }), { instanceOf: RefusedAddress }, host);
  t.true((await addressesOf('localhost', { allowPrivate: true })).length > 0);
  t.deepEqual(await addressesOf('[::1]', { allowPrivate: true }), [{ address: '::1', family: 6 }]);
  t.deepEqual(await addressesOf('8.8.8.8', { allowPrivate: false }), [{ address: '8.8.8.8', family: 4 }]);
});

test('an address is written in one form, so that no other form of it gets around the check', (t) => {
  for (const [given, url] of [
    ['https://Shop.Example.com', 'https://shop.example.com/'],
    ['https://2130706433/a', 'https://127.0.0.1/a'],
    ['https://0x7f.1/', 'https://127.0.0.1/'],
    ['https://017700000001/', 'https://127.0.0.1/'],
    ['https://127。0。0。1/', 'https://127.0.0.1/'],
  ] as const)
    t.deepEqual(toTarget(given, { allowPrivate: false }), { url }, given);
});

test('an address that is no HTTPS, has a login or a fragment, or is too long is refused with the reason', (t) => {
  for (const [given, problem] of [
    ['shop.example.com', /expected a URL such as/],
    ['ftp://shop.example.com/', /begins with https/],
    ['file:///etc/passwd', /begins with https/],
    ['http://shop.example.com/', /not with http:\/\/: ENDPOINTS_ALLOW_PRIVATE/],
    ['https://ada:secret@shop.example.com/', /without a user and a password/],
    ['https://shop.example.com/#events', /without a #/],
    [`https://shop.example.com/${'a'.repeat(2_000)}`, /at most 2000 characters/],
  ] as const) {
    const target = toTarget(given, { allowPrivate: false });
    t.regex('problem' in target ? target.problem : 'taken', problem, given);
    t.false(JSON.stringify(target).includes('secret'));
  }
  t.deepEqual(toTarget('http://localhost:8080/x', { allowPrivate: true }), { url: 'http://localhost:8080/x' });
});
