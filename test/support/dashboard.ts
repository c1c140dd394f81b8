// The queries of the Grafana dashboard, asked of Prometheus as Grafana asks them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../infra/dev/paths.ts';

export interface PanelQuery {
  readonly panel: string;
  readonly expression: string;
}

interface Dashboard {
  readonly panels: readonly {
    readonly type: string;
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

/** Four scrapes, as Grafana chooses it for the interval of the provisioned source. */
const RATE_INTERVAL = '40s';
const STEP_SECONDS = 10;

export async function dashboardQueries(): Promise<readonly PanelQuery[]> {
  const file = join(projectRoot(), 'infra', 'grafana', 'dashboards', 'tracemill.json');
  const { panels } = JSON.parse(await readFile(file, 'utf8')) as Dashboard;
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      expression: expr.replaceAll('$__rate_interval', RATE_INTERVAL),
    })),
  );
}

/** Series over the time since `sinceMs`. Throws where Prometheus cannot parse the expression. */
export async function seriesOf(
  prometheus: string,
  { expression }: PanelQuery,
  sinceMs: number,
): Promise<number> {
  const asked = new URLSearchParams({
    query: expression,
    start: String(sinceMs / 1_000),
    end: String(Date.now() / 1_000),
    step: String(STEP_SECONDS),
  });
  const answer = await fetch(`${prometheus}/api/v1/query_range?${asked.toString()}`);
  const body = (await answer.json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data: { readonly result: readonly { readonly values: readonly unknown[] }[] };
  };
  if (body.status !== 'success') throw new Error(`${expression}: ${body.error ?? 'no answer'}`);
  return body.data.result.filter(({ values }) => values.length > 0).length;
}
