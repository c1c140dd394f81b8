// Docker by its own command, as a person would ask it.
import { execFileSync } from 'node:child_process';

/** What it prints, trimmed; throws where it fails. */
export type DockerCommand = (...args: readonly string[]) => string;

export function dockerCommandAt(socketPath: string): DockerCommand {
  return (...args) =>
    execFileSync('docker', ['--host', `unix://${socketPath}`, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
}

export function hasImage(docker: DockerCommand, reference: string): boolean {
  try {
    docker('image', 'inspect', reference);
    return true;
  } catch {
    return false;
  }
}
