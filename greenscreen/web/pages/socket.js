// A WebSocket that comes back by itself, whatever happened to the one before.

const FIRST_WAIT = 250, LONGEST_WAIT = 4000;  // milliseconds

/**
 * Connects to `path` on this server for ever. `onMessage(data, socket)` gets what arrives, `onChange(open)` hears when
 * the connection comes and goes. Returns an object whose `close` ends it and whose `send` sends if there is a connection,
 * and says whether there is.
 */
export function connect(path, onMessage, onChange = () => {}) {
  let wait = FIRST_WAIT, socket = null, timer = 0, ended = false;

  function open() {
    socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { wait = FIRST_WAIT; onChange(true); };
    socket.onmessage = event => onMessage(event.data);
    socket.onclose = () => {
      if (ended) return;
      onChange(false);
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  }

  open();
  return {
    send(text) {
      const open = socket.readyState === WebSocket.OPEN;
      if (open) socket.send(text);
      return open;
    },
    close() { ended = true; clearTimeout(timer); socket.close(); },
  };
}
