import test from 'ava';
import { createDatabase, createVhost } from '../helpers/servers.js';

test('a test gets a database and a virtual host of its own', async (t) => {
  const database = await createDatabase(t);
  const vhost = await createVhost(t);
  t.regex(database.url, /\/test_[0-9a-f]+$/);
  t.regex(vhost.url, /\/test-[0-9a-f]+$/);
});
