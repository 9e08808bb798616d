// Random values that are the same at each run, so that what fails fails again.

export class Random {
  constructor(private state: number) {}

  /** From 0 to below n. */
  below(n: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * n);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  lines(most: number, words: readonly string[]): string[] {
    return Array.from({ length: this.below(most + 1) }, () => this.of(words));
  }
}
