/* Postroom chat: a window in which visitors of a page talk to agents. No framework.
 *
 *   <script src="https://FQDN/assets/chat/chat.min.js"></script>
 *   <script>new ZammadChat({ chatId: 1 })</script>
 *
 * Options: chatId; host (wss://FQDN/ws, of the script by default); title; background; fontSize; lang (of the
 * page by default: en, de); show (false: opened by elements of class buttonClass only); buttonClass
 * (open-zammad-chat); target (an element); cssAutoload, cssUrl; idleTimeout 6, inactiveTimeout 8,
 * waitingListTimeout 4 (minutes); debug; onReady, onOpen, onClose, onError (functions).
 */
(function () {
  'use strict';

  var script = document.currentScript;
  var base = script && script.src ? new URL('.', script.src) : new URL('/assets/chat/', location.href);
  var STORE = 'postroom-chat-session';
  var MINUTE = 60000;

  var TEXTS = {
    en: {
      title: 'Chat with us!', open: 'Open chat', minimize: 'Minimize chat', close: 'End chat', again: 'Start a new chat',
      compose: 'Your message', send: 'Send', log: 'Messages', agent: 'Agent', you: 'You',
      connecting: 'Connecting …', lost: 'Connection lost. Trying again …', back: 'Connected again.',
      waiting: 'All agents are busy. You are number %s in the queue.', talking: 'You are talking to %s.',
      typing: '%s is typing …', left: '%s has left the page for a moment.', closed: 'The chat was closed by %s.', ended: 'The chat has ended.',
      offline: 'Nobody is there at the moment. Please try again later.',
      still: 'Are you still there? Without a message from you the chat ends in a minute.',
      inactive: 'You did not write for %s minutes, so the chat was closed.',
      long: 'We are sorry that it takes so long. Please try again later, or send us a mail.'
    },
    de: {
      title: 'Chatten Sie mit uns!', open: 'Chat öffnen', minimize: 'Chat verkleinern', close: 'Chat beenden', again: 'Neuen Chat beginnen',
      compose: 'Ihre Nachricht', send: 'Senden', log: 'Nachrichten', agent: 'Agent', you: 'Sie',
      connecting: 'Verbindung wird aufgebaut …', lost: 'Die Verbindung ist unterbrochen. Neuer Versuch …', back: 'Wieder verbunden.',
      waiting: 'Alle Agenten sind im Gespräch. Sie sind Nummer %s in der Warteschlange.', talking: 'Sie sprechen mit %s.',
      typing: '%s schreibt …', left: '%s hat die Seite kurz verlassen.', closed: 'Der Chat wurde von %s beendet.', ended: 'Der Chat ist beendet.',
      offline: 'Im Moment ist niemand da. Bitte versuchen Sie es später noch einmal.',
      still: 'Sind Sie noch da? Ohne eine Nachricht von Ihnen endet der Chat in einer Minute.',
      inactive: 'Sie haben %s Minuten lang nichts geschrieben, deshalb wurde der Chat beendet.',
      long: 'Es tut uns leid, dass es so lange dauert. Bitte versuchen Sie es später noch einmal oder schreiben Sie uns eine Mail.'
    }
  };

  var DEFAULTS = {
    chatId: 0, host: '', title: '', background: '#2a6f97', fontSize: '14px', lang: '', show: true, buttonClass: 'open-zammad-chat', target: null,
    cssAutoload: true, cssUrl: '', idleTimeout: 6, inactiveTimeout: 8, waitingListTimeout: 4, debug: false,
    onReady: null, onOpen: null, onClose: null, onError: null
  };

  function element(tag, attributes, content) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    (content || []).forEach(function (c) { node.append(c); });
    return node;
  }

  // What others wrote is shown as text with simple marks. Whatever else it holds is left out here too,
  // although the server has cleaned it.
  var MARKS = { A: 1, B: 1, STRONG: 1, I: 1, EM: 1, U: 1, BR: 1, P: 1, DIV: 1, SPAN: 1, UL: 1, OL: 1, LI: 1, CODE: 1, PRE: 1, BLOCKQUOTE: 1 };

  function copyMarks(from, to) {
    from.childNodes.forEach(function (node) {
      if (node.nodeType === Node.TEXT_NODE) {
        to.append(node.nodeValue);
      } else if (node.nodeType === Node.ELEMENT_NODE && node.tagName !== 'SCRIPT' && node.tagName !== 'STYLE') {
        var inner = to;
        if (MARKS[node.tagName]) {
          inner = document.createElement(node.tagName);
          if (node.tagName === 'A' && /^(https?:|mailto:)/i.test(node.getAttribute('href') || '')) {
            inner.href = node.getAttribute('href');
            inner.target = '_blank';
            inner.rel = 'noopener noreferrer nofollow';
          }
          to.append(inner);
        }
        copyMarks(node, inner);
      }
    });
  }

  function rich(html) {
    var out = document.createDocumentFragment();
    copyMarks(new DOMParser().parseFromString(String(html), 'text/html').body, out);
    return out;
  }

  function escaped(text) {
    return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\n/g, '<br>');
  }

  function unique() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, function (b) { return b.toString(16).padStart(2, '0'); }).join('');
  }

  function remembered() { try { return sessionStorage.getItem(STORE) || ''; } catch (e) { return ''; } }
  function remember(id) { try { id ? sessionStorage.setItem(STORE, id) : sessionStorage.removeItem(STORE); } catch (e) { /* a page without storage */ } }

  /* The line to the server: one socket, made anew when it is lost. */
  function Line(url, hear, opened, lost) {
    var line = this;
    var socket = null, attempts = 0, ping = 0, timer = 0, done = false;

    line.open = function () {
      done = false;
      if (socket) { return; }
      socket = new WebSocket(url);
      socket.onopen = function () {
        attempts = 0;
        ping = setInterval(function () { line.send('ping'); }, 29000);
        opened();
      };
      socket.onmessage = function (frame) {
        var events = JSON.parse(frame.data);
        (Array.isArray(events) ? events : [events]).forEach(function (e) { hear(e.event, e.data || {}); });
      };
      socket.onclose = function () {
        clearInterval(ping);
        socket = null;
        if (done) { return; }
        lost();
        var pause = Math.min(30000, 500 * Math.pow(2, attempts++)) * (0.5 + Math.random() / 2);
        timer = setTimeout(line.open, pause);
      };
    };
    line.send = function (event, data) {
      if (!socket || socket.readyState !== WebSocket.OPEN) { return false; }
      socket.send(JSON.stringify(data ? { event: event, data: data } : { event: event }));
      return true;
    };
    line.close = function () {
      done = true;
      clearTimeout(timer);
      if (socket) { socket.close(); }
    };
  }

  function ZammadChat(options) {
    var chat = this;
    var o = Object.assign({}, DEFAULTS, options);
    var lang = (o.lang || document.documentElement.lang || navigator.language || 'en').slice(0, 2).toLowerCase();
    var texts = TEXTS[lang] || TEXTS.en;
    var host = o.host || base.origin.replace(/^http/, 'ws');
    if (!/\/ws\/?$/.test(host)) { host = host.replace(/\/+$/, '') + '/ws'; }

    var state = 'start'; // start, offline, online, waiting, running, closed
    var sessionID = remembered();
    var agent = texts.agent;
    var unsent = []; // of the visitor, without an answer yet: {id, content, node}
    var shownTo = 0; // the newest message that is shown
    var lastTyped = 0, lastSaid = Date.now(), since = Date.now(), warned = false, typingTimer = 0, broken = false;
    var ui = {};

    function t(key, value) { return texts[key].replace('%s', value === undefined ? '' : value); }
    function log() { if (o.debug) { console.log.apply(console, ['chat:'].concat(Array.from(arguments))); } }
    function call(name, value) { if (typeof o[name] === 'function') { o[name](value); } }

    /* What is seen */
    function build() {
      if (o.cssAutoload) {
        document.head.append(element('link', { rel: 'stylesheet', href: o.cssUrl || new URL('chat.css', base).href }));
      }
      ui.status = element('p', { class: 'pr-chat-status', role: 'status' });
      ui.log = element('div', { class: 'pr-chat-log', role: 'log', 'aria-label': t('log'), 'aria-live': 'polite', tabindex: '0' });
      ui.typing = element('p', { class: 'pr-chat-typing', 'aria-live': 'off' });
      ui.input = element('textarea', { class: 'pr-chat-input', rows: '2', maxlength: '10000', 'aria-label': t('compose'), placeholder: t('compose') });
      ui.send = element('button', { class: 'pr-chat-send', type: 'submit' }, [t('send')]);
      ui.form = element('form', { class: 'pr-chat-form' }, [ui.input, ui.send]);
      ui.again = element('button', { class: 'pr-chat-again', type: 'button' }, [t('again')]);
      ui.minimize = element('button', { class: 'pr-chat-minimize', type: 'button', 'aria-label': t('minimize') }, ['–']);
      ui.end = element('button', { class: 'pr-chat-end', type: 'button', 'aria-label': t('close') }, ['×']);
      ui.heading = element('h2', { class: 'pr-chat-title', id: 'pr-chat-title' }, [rich(o.title || t('title'))]);
      ui.window = element('section', { class: 'pr-chat-window', role: 'dialog', 'aria-labelledby': 'pr-chat-title', hidden: '' }, [
        element('header', { class: 'pr-chat-header' }, [ui.heading, ui.minimize, ui.end]), ui.status, ui.log, ui.typing, ui.form, ui.again
      ]);
      ui.launcher = element('button', { class: 'pr-chat-launcher', type: 'button', 'aria-expanded': 'false' }, [rich(o.title || t('title'))]);
      ui.root = element('div', { class: 'pr-chat', lang: TEXTS[lang] ? lang : 'en' }, [ui.launcher, ui.window]);
      ui.root.style.setProperty('--pr-chat-color', o.background);
      ui.root.style.setProperty('--pr-chat-size', o.fontSize);
      (o.target && o.target.jquery ? o.target[0] : o.target || document.body).append(ui.root);

      ui.launcher.addEventListener('click', chat.open);
      ui.minimize.addEventListener('click', chat.minimize);
      ui.end.addEventListener('click', chat.close);
      ui.again.addEventListener('click', function () { forget(); begin(); });
      ui.form.addEventListener('submit', function (e) { e.preventDefault(); say(); });
      ui.input.addEventListener('keydown', function (e) {
        if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); say(); }
      });
      ui.input.addEventListener('input', typing);
      ui.window.addEventListener('keydown', function (e) { if (e.key === 'Escape') { chat.minimize(); } });
      document.querySelectorAll('.' + o.buttonClass).forEach(function (b) { b.addEventListener('click', chat.open); });
      render();
    }

    function render() {
      var usable = state !== 'start' && state !== 'offline';
      ui.launcher.hidden = !o.show || !usable || !ui.window.hidden;
      ui.form.hidden = state !== 'running';
      ui.again.hidden = state !== 'closed';
      document.querySelectorAll('.' + o.buttonClass).forEach(function (b) { b.hidden = !usable; });
    }

    function become(next) {
      log(state, '->', next);
      state = next;
      since = Date.now();
      render();
    }

    function status(text) { ui.status.textContent = text; }

    function add(kind, name, content) {
      var node = element('div', { class: 'pr-chat-message pr-chat-' + kind }, [
        element('span', { class: 'pr-chat-name' }, [name]), element('div', { class: 'pr-chat-content' }, [content])
      ]);
      ui.log.append(node);
      ui.log.scrollTop = ui.log.scrollHeight;
      return node;
    }

    function note(text) {
      ui.log.append(element('p', { class: 'pr-chat-note' }, [text]));
      ui.log.scrollTop = ui.log.scrollHeight;
    }

    /* What the visitor does */
    chat.open = function () {
      if (state === 'start' || state === 'offline') { return; }
      ui.window.hidden = false;
      ui.launcher.setAttribute('aria-expanded', 'true');
      render();
      if (state === 'online') { begin(); }
      (state === 'running' ? ui.input : ui.minimize).focus();
      call('onOpen');
    };

    chat.minimize = function () {
      ui.window.hidden = true;
      ui.launcher.setAttribute('aria-expanded', 'false');
      render();
      ui.launcher.focus();
    };

    chat.close = function () {
      if (state === 'waiting' || state === 'running') { end(t('ended')); }
      chat.minimize();
      forget();
      become('start');
      line.send('chat_status_customer', { chat_id: o.chatId, url: location.href });
      call('onClose');
    };

    // begin asks for an agent.
    function begin() {
      shownTo = 0;
      ui.log.replaceChildren();
      status(t('connecting'));
      become('waiting');
      line.send('chat_session_init', { chat_id: o.chatId, url: location.href });
    }

    function end(text) {
      line.send('chat_session_close', { session_id: sessionID });
      over(text);
    }

    function over(text) {
      unsent = [];
      remember('');
      sessionID = '';
      status(text);
      ui.typing.textContent = '';
      become('closed');
    }

    function forget() {
      remember('');
      sessionID = '';
      unsent = [];
      shownTo = 0;
      ui.log.replaceChildren();
    }

    function say() {
      var text = ui.input.value.trim();
      if (!text || state !== 'running') { return; }
      var content = escaped(text);
      var message = { id: unique(), content: content, node: add('mine', t('you'), rich(content)) };
      message.node.classList.add('pr-chat-unsent');
      unsent.push(message);
      ui.input.value = '';
      alive();
      tell(message);
    }

    function tell(message) { line.send('chat_session_message', { session_id: sessionID, content: message.content, id: message.id }); }

    function alive() {
      lastSaid = Date.now();
      warned = false;
    }

    function typing() {
      alive();
      if (state === 'running' && Date.now() - lastTyped > 1500) {
        lastTyped = Date.now();
        line.send('chat_session_typing', { session_id: sessionID });
      }
    }

    /* What the server says */
    function showAll(messages) {
      messages.forEach(function (m) {
        if (m.id <= shownTo) { return; }
        shownTo = m.id;
        if (m.created_by_id) { add('theirs', agent, rich(m.content)); } else { add('mine', t('you'), rich(m.content)); }
      });
    }

    // A line that is back brings all messages; those that wait here and are among them need not be sent again.
    function caughtUp(messages) {
      ui.log.querySelectorAll('.pr-chat-unsent').forEach(function (n) { n.remove(); });
      showAll(messages);
      unsent.forEach(function (m) {
        m.node = add('mine', t('you'), rich(m.content));
        m.node.classList.add('pr-chat-unsent');
        tell(m);
      });
    }

    function running(who) {
      agent = who && who.name || agent;
      status(t('talking', agent));
      alive();
      if (state === 'running') { return; }
      become('running');
      if (!ui.window.hidden) { ui.input.focus(); }
    }

    var heard = {
      chat_status_customer: function (d) {
        if (d.state === 'online') {
          if (state === 'waiting' && !sessionID) { begin(); return; } // the line was lost before anybody was asked for
          if (state === 'waiting' || state === 'running') { over(t('ended')); return; } // the session is over meanwhile
          if (state !== 'closed') { become('online'); call('onReady'); }
        } else if (d.state === 'reconnect' && d.session) {
          if (d.agent) { agent = d.agent.name || agent; }
          ui.window.hidden = false;
          running(d.agent);
          caughtUp(d.session);
        } else if (d.state === 'reconnect') {
          ui.window.hidden = false;
          if (state !== 'waiting') { become('waiting'); }
          status(t('waiting', d.position));
        } else {
          unavailable(d.state);
        }
      },
      chat_error: function (d) {
        if (d.state === 'chat_session_full') { end(t('ended')); } else { unavailable(d.state); }
      },
      chat_session_queue: function (d) {
        if (d.session_id) { sessionID = d.session_id; remember(sessionID); }
        if (state !== 'waiting') { become('waiting'); }
        status(t('waiting', d.position));
      },
      chat_session_start: function (d) {
        if (d.session_id) { sessionID = d.session_id; remember(sessionID); }
        running(d.agent);
      },
      chat_session_message: function (d) {
        var at = unsent.findIndex(function (m) { return m.id === d.id; });
        if (at >= 0) {
          // One that had arrived before the line was lost came back with all the others.
          if (d.message.id <= shownTo) { unsent[at].node.remove(); } else { unsent[at].node.classList.remove('pr-chat-unsent'); }
          unsent.splice(at, 1);
          shownTo = Math.max(shownTo, d.message.id);
        } else if (d.message.id > shownTo) {
          showAll([d.message]);
        }
        if (!d.self_written) { ui.typing.textContent = ''; alive(); }
      },
      chat_session_typing: function (d) {
        if (d.self_written) { return; }
        ui.typing.textContent = t('typing', agent);
        clearTimeout(typingTimer);
        typingTimer = setTimeout(function () { ui.typing.textContent = ''; }, 3000);
      },
      chat_session_notice: function (d) { note(d.message || ''); },
      chat_session_left: function (d) { note(t('left', d.realname || agent)); },
      chat_session_closed: function (d) { over(t('closed', d.realname || agent)); }
    };

    function unavailable(reason) {
      log('unavailable', reason);
      if (state === 'waiting' || state === 'running') { over(t('offline')); return; }
      if (state === 'closed') { return; }
      become('offline');
      call('onError', reason);
    }

    var line = new Line(host, function (event, data) {
      log('<', event, data);
      if (heard[event]) { heard[event](data); }
    }, function () {
      if (broken && (state === 'running' || state === 'waiting')) { status(t('back')); }
      broken = false;
      var hello = { chat_id: o.chatId, url: location.href };
      if (sessionID) { hello.session_id = sessionID; }
      line.send('chat_status_customer', hello);
    }, function () {
      broken = true;
      if (state === 'running' || state === 'waiting') { status(t('lost')); }
    });

    /* Who says nothing any more makes room for others. */
    function watch() {
      var silent = Date.now() - lastSaid;
      if (state === 'waiting' && Date.now() - since > o.waitingListTimeout * MINUTE) {
        end(t('long'));
      } else if (state === 'running' && silent > o.inactiveTimeout * MINUTE) {
        end(t('inactive', o.inactiveTimeout));
      } else if (state === 'running' && !warned && silent > (o.inactiveTimeout - 1) * MINUTE) {
        warned = true;
        note(t('still'));
      } else if (state === 'offline' && Date.now() - since > o.idleTimeout * MINUTE) {
        since = Date.now();
        line.send('chat_status_customer', { chat_id: o.chatId, url: location.href });
      }
    }

    window.addEventListener('pagehide', function () {
      if (sessionID) { line.send('chat_session_leave_temporary', { session_id: sessionID }); }
    });

    build();
    line.open();
    setInterval(watch, 30000);
  }

  window.ZammadChat = ZammadChat;
  window.PostroomChat = ZammadChat;
})();
