// The image's health check: exits 0 when the process of this container answers /readyz with 2xx.
import { readFileSync } from 'node:fs';

const { PORT, HEALTH_PORT } = process.env;
const [, , processOne = '/proc/1/cmdline'] = process.argv;
// The bridge and the worker answer on HEALTH_PORT, every other process on PORT.
const command = readFileSync(processOne, 'utf8');
const port = /(dist\/src\/|start:)(bridge|worker)\b/.test(command) ? HEALTH_PORT || 9090 : PORT || 3000;
const healthy = await fetch(`http://127.0.0.1:${port}/readyz`).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(healthy ? 0 : 1);
