/** The start time of each process, from its metrics. A process that died and was restarted has another time. */
export const processesOf = (urls: readonly string[]): Promise<(string | undefined)[]> =>
  Promise.all(
    urls.map(async (url) => {
      const alive = await fetch(`${url}/livez`);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return alive.ok ? /^process_start_time_seconds.* (\d+)$/m.exec(metrics)?.[1] : `${url} is not alive`;
    }),
  );
