// A process with many guards, each as an API would have it, with its own token, memory and connection. Does what guard-orders.ts says.
import { createTokenCount } from './count-token-requests.ts'
import { createFedGuards } from './fed-guards.ts'
import type { GuardOrders, Order, OrderAnswer } from './guard-orders.ts'
import { createWatches } from './watches.ts'

const count = createTokenCount()
// Before a guard is created: it takes the fetch of then, and one of its own would end its feed.
globalThis.fetch = count.fetch
const fed = createFedGuards()
const watches = createWatches(fed)

const orders: GuardOrders = {
  open: (input) => fed.open(input),
  connected: async () => fed.connected(),
  decide: (input) => fed.decide(input),
  decideAll: (input) => fed.decideAll(input),
  watch: async (input) => watches.begin(input),
  settle: (input) => watches.settle(input),
  abandon: async (id) => watches.abandon(id),
  tokenRequests: async () => count.requests(),
  errors: async () => fed.errors(),
  async close() {
    fed.close()
  },
}

process.on('message', ({ id, name, input }: Order) => {
  const answer = (answer: OrderAnswer) => void process.send!(answer)
  void (orders[name] as (input: unknown) => Promise<unknown>)(input).then(
    (output) => answer({ id, output }),
    (error: unknown) => answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
process.on('disconnect', () => process.exit())
