export { startDemo, type DemoOptions, type RunningDemo } from './demo/start-demo.ts'
export type { DemoClient, DemoCredentials, DemoKeyedClient, DemoRequestor, DemoState, DemoSystem } from './home.ts'
