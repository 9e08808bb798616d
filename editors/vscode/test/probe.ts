// How long the loop was held up: it ticks once a millisecond, and what comes late was held up by so much. Time in which
// the kernel let others run, though this thread could have, is nothing that the extension does; `machine` is the most of
// that.
import { openSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";

const schedstat = openSync("/proc/self/schedstat", "r");
const buffer = Buffer.alloc(128);

function waitedMs(): number {
  const n = readSync(schedstat, buffer, 0, buffer.length, 0);
  return Number(buffer.toString("latin1", 0, n).split(" ")[1]) / 1e6;
}

export interface Delays {
  longest: number;
  machine: number;
  ticks: number;
}

export class Probe {
  private readonly delays: Delays = { longest: 0, machine: 0, ticks: 0 };
  private last = performance.now();
  private before = waitedMs();
  private readonly timer = setInterval(() => this.tick(), 1);

  private tick(): void {
    const now = performance.now();
    const waited = waitedMs();
    const byOthers = waited - this.before;
    this.delays.longest = Math.max(this.delays.longest, now - this.last - byOthers - 1);
    this.delays.machine = Math.max(this.delays.machine, byOthers);
    this.delays.ticks++;
    this.last = now;
    this.before = waited;
  }

  stop(): Delays {
    clearInterval(this.timer);
    this.tick();
    return this.delays;
  }
}
