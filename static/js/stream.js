// A hidden tab closes its event stream and opens it again when it is shown: six open streams would freeze the site on HTTP/1.1.
// htmx' sse extension asks htmx.createEventSource for its source; this one keeps the listeners over several connections.
// A new connection sends no Last-Event-ID, so the server begins with an event that replaces the text.

class PausingSource extends EventTarget {
  #listeners = [];
  #source = null;
  #closed = false;

  constructor(url) {
    super();
    this.url = url;
    this.onopen = this.onerror = null;
    this.follow = this.follow.bind(this);
    document.addEventListener("visibilitychange", this.follow);
    this.follow();
  }

  get readyState() {
    return this.#closed ? EventSource.CLOSED : (this.#source?.readyState ?? EventSource.CONNECTING);
  }

  addEventListener(type, listener) {
    this.#listeners.push([type, listener]);
    this.#source?.addEventListener(type, listener);
  }

  removeEventListener(type, listener) {
    this.#listeners = this.#listeners.filter(([name, known]) => name !== type || known !== listener);
    this.#source?.removeEventListener(type, listener);
  }

  follow() {
    if (document.hidden) this.#pause();
    else if (!this.#source) this.#open();
  }

  close() {
    this.#pause();
    this.#closed = true;
    document.removeEventListener("visibilitychange", this.follow);
  }

  #open() {
    this.#source = new EventSource(this.url, { withCredentials: true });
    this.#source.onopen = (event) => this.onopen?.(event);
    this.#source.onerror = (event) => this.#failed(event);
    for (const [type, listener] of this.#listeners) this.#source.addEventListener(type, listener);
  }

  #pause() {
    this.#source?.close();
    this.#source = null;
  }

  // The extension makes a new source after a refusal, so a refused one must not come back to life.
  #failed(event) {
    if (this.#source.readyState === EventSource.CLOSED) this.close();
    this.onerror?.(event);
  }
}

window.htmx.createEventSource = (url) => new PausingSource(url);
