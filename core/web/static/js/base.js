// What this device keeps for good: the queue of sendings, and the people who open it by a PIN.
const opened = () => new Promise((done, failed) => {
  const ask = indexedDB.open("amagara", 2);
  ask.onupgradeneeded = ({ oldVersion }) => {
    if (oldVersion < 1) ask.result.createObjectStore("queue", { keyPath: "key" });
    ask.result.createObjectStore("people", { keyPath: "user" });
  };
  ask.onsuccess = () => done(ask.result);
  ask.onerror = () => failed(ask.error);
});

/** Do something with a store; what is written is on the disk when this is done, whatever happens to the power. A browser
 * that does not answer has not kept it. */
export const within = (store, mode, act) => Promise.race([
  done(store, mode, act), new Promise((_done, failed) => { setTimeout(() => failed(new Error("no answer")), 5_000); }),
]);

async function done(store, mode, act) {
  const base = await opened();
  try {
    return await new Promise((done, failed) => {
      const turn = base.transaction(store, mode, { durability: "strict" });
      const ask = act(turn.objectStore(store));
      turn.oncomplete = () => done(ask?.result);
      turn.onabort = () => failed(turn.error ?? ask?.error);
    });
  } finally { base.close(); }
}
