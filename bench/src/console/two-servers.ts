// Two servers in one process, one of them with a console: two processes of one program differ by some per cent, and these run the same code.
import { reportToBench } from '../token/server-process.ts'
import { startCountersign } from '../token/start-countersign.ts'

const without = await startCountersign(false)
const withConsole = await startCountersign(true)
reportToBench({ ...without.listening, beside: withConsole.listening }, () => Promise.all([without.stop(), withConsole.stop()]))
