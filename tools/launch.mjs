import { launch } from './launch/launch.js';

await launch(process.argv.slice(2));
