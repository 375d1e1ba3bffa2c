// Calls the API, and says 500 to its own caller.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  async callApi() {
    await super.callApi()
    throw new Error('The response of the API is of a later version')
  }
}

serve(new Bad())
