import type { GatewayFigures } from './measure-gateway.ts'

/** For `console.table`. */
export function gatewayTable({ medians, memoryMebibytes }: GatewayFigures): Record<string, Readonly<Record<string, string>>> {
  return {
    'gateway, CPU µs a decision': { median: medians.gatewayMicroseconds.toFixed(1), target: '150' },
    'nginx, CPU µs a request with a decision': { median: medians.nginxMicroseconds.toFixed(1), target: '' },
    'nginx, CPU µs a request without one': { median: medians.nginxAloneMicroseconds.toFixed(1), target: '' },
    'with a decision, p50 ms': { median: medians.p50Milliseconds.toFixed(2), target: '' },
    'with a decision, p99 ms': { median: medians.p99Milliseconds.toFixed(2), target: '5' },
    'without one, p99 ms': { median: medians.aloneP99Milliseconds.toFixed(2), target: '' },
    'gateway, memory in MiB': { median: memoryMebibytes.toFixed(0), target: '' },
  }
}
