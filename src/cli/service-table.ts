// Services as lines: a state, a name, where it is, and what to do where it is missing.
import type { ServiceReport, ServiceState } from './ports.ts';
import type { Paint, Style } from './print.ts';

const STATE_STYLE: Readonly<Record<ServiceState, Style>> = {
  found: 'green',
  made: 'green',
  stopped: 'yellow',
  'can-be-made': 'yellow',
  missing: 'red',
  'not-needed': 'dim',
};

/** One line each, in the order given; a second line says what to do. */
export function serviceTable(reports: readonly ServiceReport[], paint: Paint): string {
  const nameWidth = Math.max(0, ...reports.map((report) => report.service.length));
  const stateWidth = Math.max(0, ...reports.map((report) => report.state.length));
  return reports
    .map((report) => {
      const state = paint(STATE_STYLE[report.state], report.state.padEnd(stateWidth));
      const line = `${report.service.padEnd(nameWidth)}  ${state}  ${report.detail}`.trimEnd();
      return report.todo === null
        ? line
        : `${line}\n${' '.repeat(nameWidth + stateWidth + 4)}${paint('bold', '→')} ${report.todo}`;
    })
    .join('\n');
}
