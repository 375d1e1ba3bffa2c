export * from './admin-client.ts'
export * from './operations.ts'
