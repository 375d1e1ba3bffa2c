export * from './admin-client.ts'
export * from './operations.ts'
export { longestScope } from './shapes.ts'
