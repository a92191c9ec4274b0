// Makes one call and reports what a page can learn from it. Runs as the body of
// a function in the page; what it learns goes back as JSON.
const bytes = s => Uint8Array.from(s, c => c.charCodeAt(0));
const blocked = e => ({Verdict: "blocked", Detail: String(e)});
const ok = {Verdict: "ok"};

function bodyOf(c) {
	switch (c.BodyKind) {
	case "text": return c.Body;
	case "params": return new URLSearchParams(c.Body);
	case "formdata": { const f = new FormData(); f.append("a", c.Body); return f; }
	case "blob": return new Blob([bytes(c.Body)], {type: c.BodyType});
	case "bytes": return bytes(c.Body);
	case "stream": return new Blob([bytes(c.Body)]).stream();
	}
}

async function callFetch(c) {
	const init = {};
	if (c.Method) init.method = c.Method;
	if (c.Headers.length) init.headers = c.Headers;
	const body = bodyOf(c);
	if (body !== undefined) init.body = body;
	if (c.BodyKind === "stream") init.duplex = "half";
	if (c.Mode) init.mode = c.Mode;
	if (c.Credentials) init.credentials = c.Credentials;
	if (c.Redirect) init.redirect = c.Redirect;
	if (c.ReferrerPolicy) init.referrerPolicy = c.ReferrerPolicy;
	if (c.Keepalive) init.keepalive = true;
	try {
		const r = await fetch(c.URL, init);
		return {
			Verdict: "ok", Type: r.type, Status: r.status, URL: r.url, Redirected: r.redirected,
			Pairs: [...r.headers], Body: await r.text(),
		};
	} catch (e) {
		return blocked(e);
	}
}

function callXHR(c) {
	return new Promise(resolve => {
		const x = new XMLHttpRequest();
		x.onload = () => resolve({
			Verdict: "ok", Status: x.status, URL: x.responseURL, Body: x.responseText,
			Pairs: x.getAllResponseHeaders().split("\r\n").filter(l => l).map(l => {
				const at = l.indexOf(":");
				return [l.slice(0, at).toLowerCase(), l.slice(at + 1).replace(/^ /, "")];
			}),
		});
		x.onerror = () => resolve(blocked("error event"));
		try {
			if (c.UploadListener) x.upload.onprogress = () => {};
			x.open(c.Method || "GET", c.URL);
			for (const [name, value] of c.Headers) x.setRequestHeader(name, value);
			x.withCredentials = c.Credentials === "include";
			const body = bodyOf(c);
			x.send(body === undefined ? null : body);
		} catch (e) {
			resolve(blocked(e));
		}
	});
}

function callElement(c) {
	const tags = {image: "img", script: "script", module: "script", stylesheet: "link", media: "audio"};
	return new Promise(resolve => {
		if (c.Kind === "stylesheet" && !URL.canParse(c.URL, location.href)) resolve(blocked("no event tells"));
		const e = document.createElement(tags[c.Kind]);
		const done = o => { e.remove(); resolve(o); };
		e.onload = e.onloadedmetadata = () => done(ok);
		e.onerror = () => done(blocked("error event"));
		if (c.Mode === "cors" || c.Kind === "module" && c.Credentials) e.crossOrigin = c.Credentials === "include" ? "use-credentials" : "anonymous";
		if (c.ReferrerPolicy) e.referrerPolicy = c.ReferrerPolicy;
		if (c.Kind === "module") e.type = "module";
		if (c.Kind === "stylesheet") { e.rel = "stylesheet"; e.href = c.URL; } else e.src = c.URL;
		if (c.Kind === "media") e.preload = "auto";
		if (c.Kind !== "image") document.documentElement.append(e);
	});
}

// The page that loads says so (see suitable in script.go); none comes when the
// navigation was blocked, and nothing tells the page about that.
function loaded(c, patience) {
	return new Promise(resolve => {
		const listen = e => { if (e.data === "concors-loaded:" + c.Token) finish(ok); };
		const timer = setTimeout(() => finish(blocked("nothing loaded")), patience);
		const finish = o => { removeEventListener("message", listen); clearTimeout(timer); resolve(o); };
		addEventListener("message", listen);
	});
}

async function callForm(c) {
	const name = "form" + c.Token;
	let popup, frame;
	if (c.InFrame) {
		frame = document.createElement("iframe");
		frame.name = name;
		document.documentElement.append(frame);
	} else popup = open("about:blank", name);
	const f = document.createElement("form");
	f.method = c.Method || "GET";
	f.action = c.URL;
	f.target = name;
	if (c.BodyType) f.enctype = c.BodyType;
	if (c.BodyKind !== "none") {
		const field = document.createElement("input");
		[field.name, field.value] = c.Body.split("=");
		f.append(field);
	}
	document.documentElement.append(f);
	const result = loaded(c, c.Patience);
	f.submit();
	const o = await result;
	f.remove();
	if (popup) popup.close();
	if (frame) frame.remove();
	return o;
}

async function callNavigation(c) {
	const result = loaded(c, c.Patience);
	const popup = open(c.URL, "navigation" + c.Token);
	const o = await result;
	if (popup) popup.close();
	return o;
}

async function callIframe(c) {
	const result = loaded(c, c.Patience);
	const e = document.createElement("iframe");
	e.src = c.URL;
	document.documentElement.append(e);
	const o = await result;
	e.remove();
	return o;
}

function callEvents(c) {
	return new Promise(resolve => {
		const finish = o => { s.close(); resolve(o); };
		const s = c.Kind === "websocket" ? new WebSocket(c.URL) : new EventSource(c.URL, {withCredentials: c.Credentials === "include"});
		s.onopen = () => finish(ok);
		s.onerror = () => finish(blocked("error event"));
	}).catch(blocked);
}

// Only what the constructor refuses can be asked: no server here speaks HTTP/3.
async function callTransport(c) {
	try { await new WebTransport(c.URL).ready; return ok; } catch (e) { return blocked(e); }
}

async function call(c) {
	switch (c.Kind) {
	case "fetch": return callFetch(c);
	case "xhr": return callXHR(c);
	case "form": return callForm(c);
	case "navigation": return callNavigation(c);
	case "iframe": return callIframe(c);
	case "beacon": {
		try { navigator.sendBeacon(c.URL, bodyOf(c)); } catch (e) {} // as silent as a failure later on
		return {Verdict: "unobservable"};
	}
	case "font": {
		if (!URL.canParse(c.URL, location.href)) return {Verdict: "unobservable"}; // Firefox never settles
		try { await new FontFace("f" + c.Token, `url(${JSON.stringify(c.URL)})`).load(); } catch (e) {}
		return {Verdict: "unobservable"}; // a network error looks like a broken font
	}
	case "eventsource": case "websocket": return callEvents(c);
	case "webtransport": return callTransport(c);
	default: return callElement(c);
	}
}

// A call without any event in time is "silent", which the model never says.
function silence(ms) {
	return new Promise(resolve => setTimeout(() => resolve({Verdict: "silent"}), ms));
}

async function callAll(calls) {
	const results = [];
	for (const c of calls) results.push(await Promise.race([call(c), silence(c.Patience + 1000)]));
	return results;
}

// inFrame runs a script in a fresh iframe.
function inFrame(src, sandbox, script) {
	return new Promise(resolve => {
		const f = document.createElement("iframe");
		if (sandbox) f.setAttribute("sandbox", sandbox);
		const listen = e => {
			if (e.source !== f.contentWindow) return;
			if (e.data === "ready") {
				f.contentWindow.postMessage(script, "*");
			} else if (e.data.result) {
				removeEventListener("message", listen);
				// A removed frame would take its beacons along.
				if (!JSON.stringify(e.data.result).includes("unobservable")) f.remove();
				resolve(e.data.result);
			}
		};
		addEventListener("message", listen);
		f.src = src;
		document.documentElement.append(f);
	});
}
