// This server as shipped, in a process of its own.
import { reportToBench } from './server-process.ts'
import { startCountersign } from './start-countersign.ts'

const { listening, stop } = await startCountersign(false)
reportToBench(listening, stop)
