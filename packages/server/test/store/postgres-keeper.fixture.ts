// Stops a PostgreSQL server of the tests and removes its folder as soon as the process that owns it has ended, however it ended:
// a killed test cannot do that itself. Arguments: the folder, the owner's process id.
import { existsSync } from 'node:fs'
import { removeCluster } from './postgres-cluster.fixture.ts'
import { findProcess } from './processes.fixture.ts'

const [folder = '', owner = ''] = process.argv.slice(2)
const { startedAt } = findProcess(Number(owner)) ?? {}

const timer = setInterval(async () => {
  if (!existsSync(folder)) return clearInterval(timer)
  if (startedAt !== undefined && findProcess(Number(owner))?.startedAt === startedAt) return
  clearInterval(timer)
  // A process that is creating the cluster may go on for a moment.
  for (let i = 0; i < 3; i++) await removeCluster(folder).catch(() => {})
}, 200)
