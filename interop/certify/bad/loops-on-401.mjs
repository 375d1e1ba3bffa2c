// Repeats until the API accepts a token.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  callApi() {
    return super.callApi(false).then((response) => (this.isAboutToken(response) ? this.callApi() : response))
  }
}

serve(new Bad())
