import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { startCheckouts } from './checkout-system.js';
import { profiledInto, topFunctions } from './harness/cpu-profile.js';
import { expectOnly, startHttpLoad } from './harness/http-load.js';

const SECONDS = 6;

/** Prints what the API spends its CPU time on: checkouts of one SKU, as fast as they are taken. */
export async function profileCheckout(): Promise<void> {
  for (const connections of [64, 512]) {
    const folder = resolve('.data', 'profiles', `checkout-${connections}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const load = startHttpLoad();
    const skus = ['checkout-0'];
    const requests = {
      module: new URL('checkout-requests.js', import.meta.url).href,
      name: 'checkoutRequests',
      options: { skus, lines: 1 },
    };
    const shop = await startCheckouts(skus, profiledInto(folder));
    try {
      // The first second compiles the code.
      const warm = await load.run({ url: shop.url, connections, requests, amount: { seconds: 1 } });
      const result = await load.run({ url: shop.url, connections, requests, amount: { seconds: SECONDS } });
      expectOnly(201, result);
      await shop.published();
      for (const each of [warm, result]) shop.count(each);
      await shop.auditDatabase();
      await shop.stop('api');
      console.log(`${connections} connections, ${Math.round(result.perSecond)} checkouts/s. The profile: ${folder}`);
      for (const line of topFunctions(folder, result.startedAt - shop.apiStartedAt)) console.log(line);
    } finally {
      await Promise.all([load.stop(), shop.close()]);
    }
  }
}
