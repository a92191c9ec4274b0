// Package store keeps the document of endpoints: who wants it reads it with
// [Store.Get], replaces it with [Store.Put] and hears of changes with
// [Store.Watch]. Package file keeps it in a YAML or JSON file that people edit
// too, [Memory] in memory, for tests. What all have in common is a [Keeper].
//
// Three promises hold for every store; package storetest checks them:
//
//   - What [Snapshot.Document] holds has no mistakes. When somebody stores a
//     broken document behind the store's back, the last good one stays and the
//     mistakes appear beside it, as [Snapshot.Problem].
//   - Nobody undoes what he has not seen: a Put names the revision it is based
//     on, and is refused with [ErrStale] if another one is stored by then.
//   - A watcher always gets to the newest state, and never through a backlog.
package store
