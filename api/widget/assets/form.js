/* Postroom form: a form in any page, whose messages become tickets. No framework.
 *
 *   <div id="feedback"></div>
 *   <script id="zammad_form_script" src="https://FQDN/assets/form/form.js"></script>
 *   <script>new ZammadForm('#feedback', { attachmentSupport: true })</script>
 *
 * Where jQuery is loaded, $('#feedback').ZammadForm({…}) does the same. Options: messageTitle,
 * messageSubmit, messageThankYou (%s: number of the ticket), showTitle, modal (the element opens a dialog),
 * attachmentSupport, agreementMessage (HTML of the page's author beside a box that has to be ticked), noCSS,
 * lang (en, de), test, debug, attributes [{name, display, tag, type, placeholder, defaultValue, required}].
 */
(function () {
  'use strict';

  var script = document.currentScript || document.getElementById('zammad_form_script');
  var base = script && script.src ? new URL('.', script.src) : new URL('/assets/form/', location.href);

  var TEXTS = {
    en: {
      messageTitle: 'Write to us', messageSubmit: 'Send', messageThankYou: 'Thank you for your message (#%s). We will answer soon.',
      name: 'Your name', email: 'Your mail address', title: 'Subject', body: 'Message', file: 'Attachments', close: 'Close',
      required: 'Please fill this in.', invalid: 'This is not a mail address we can write to.', agree: 'Please agree first.',
      failed: 'Your message could not be sent. Please try again later.', many: 'Too many messages were sent. Please try again later.',
      off: 'The form is not in use at the moment.'
    },
    de: {
      messageTitle: 'Schreiben Sie uns', messageSubmit: 'Senden', messageThankYou: 'Danke für Ihre Nachricht (#%s). Wir antworten bald.',
      name: 'Ihr Name', email: 'Ihre E-Mail-Adresse', title: 'Betreff', body: 'Nachricht', file: 'Anhänge', close: 'Schließen',
      required: 'Bitte ausfüllen.', invalid: 'An diese E-Mail-Adresse können wir nicht schreiben.', agree: 'Bitte stimmen Sie zuerst zu.',
      failed: 'Ihre Nachricht konnte nicht gesendet werden. Bitte versuchen Sie es später noch einmal.',
      many: 'Es wurden zu viele Nachrichten gesendet. Bitte versuchen Sie es später noch einmal.', off: 'Das Formular ist zurzeit nicht in Betrieb.'
    }
  };

  var serial = 0;

  function element(tag, attributes, content) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    (content || []).forEach(function (c) { node.append(c); });
    return node;
  }

  // The server ties its token to this: a token that was stolen from a page is of no use in another.
  function fingerprint() {
    var bytes = crypto.getRandomValues(new Uint8Array(32));
    return Array.from(bytes, function (b) { return b.toString(16).padStart(2, '0'); }).join('');
  }

  function ZammadForm(target, options) {
    var form = this;
    var place = typeof target === 'string' ? document.querySelector(target) : target;
    var lang = ((options && options.lang) || document.documentElement.lang || navigator.language || 'en').slice(0, 2).toLowerCase();
    var texts = TEXTS[lang] || TEXTS.en;
    var o = Object.assign({ showTitle: false, modal: false, attachmentSupport: false, agreementMessage: '', noCSS: false, test: false, debug: false }, texts, options);
    var attributes = o.attributes || [
      { name: 'name', display: texts.name, tag: 'input', type: 'text', required: true, autocomplete: 'name' },
      { name: 'email', display: texts.email, tag: 'input', type: 'email', required: true, autocomplete: 'email' },
      { name: 'title', display: texts.title, tag: 'input', type: 'text', required: true },
      { name: 'body', display: texts.body, tag: 'textarea', required: true, rows: '6' }
    ];
    var print = fingerprint();
    var config = null;
    var fields = {};
    var ui = {};

    function log() { if (o.debug) { console.log.apply(console, ['form:'].concat(Array.from(arguments))); } }

    function ask() {
      var body = { fingerprint: print };
      if (o.test) { body.test = true; }
      return fetch(new URL('/api/v1/form_config', base).href, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body)
      }).then(function (r) {
        if (!r.ok) { throw r; }
        return r.json();
      }).then(function (answer) {
        config = answer;
        // The page may know us by another name than we do ourselves, such as behind a test proxy.
        config.endpoint = new URL('/api/v1/form_submit', base).href;
      });
    }

    function build() {
      var id = 'pr-form-' + (++serial) + '-';
      ui.status = element('p', { class: 'pr-form-status', role: 'status' });
      ui.submit = element('button', { class: 'pr-form-submit btn', type: 'submit' }, [o.messageSubmit]);
      var rows = attributes.map(function (a) {
        var input = element(a.tag || 'input', { id: id + a.name, name: a.name, 'aria-describedby': id + a.name + '-wrong' });
        ['type', 'placeholder', 'autocomplete', 'rows'].forEach(function (k) { if (a[k]) { input.setAttribute(k, a[k]); } });
        if (a.defaultValue) { input.value = typeof a.defaultValue === 'function' ? a.defaultValue() : a.defaultValue; }
        if (a.required) { input.setAttribute('aria-required', 'true'); }
        var wrong = element('span', { class: 'pr-form-wrong', id: id + a.name + '-wrong' });
        fields[a.name] = { input: input, wrong: wrong, about: a };
        return element('div', { class: 'pr-form-row' }, [element('label', { for: id + a.name }, [a.display]), input, wrong]);
      });
      if (o.attachmentSupport) {
        ui.files = element('input', { id: id + 'file', type: 'file', name: 'file[]', multiple: '' });
        rows.push(element('div', { class: 'pr-form-row' }, [element('label', { for: id + 'file' }, [texts.file]), ui.files]));
      }
      if (o.agreementMessage) {
        ui.agree = element('input', { id: id + 'agree', type: 'checkbox' });
        var message = element('label', { for: id + 'agree' });
        message.innerHTML = o.agreementMessage; // of the author of the page
        rows.push(element('div', { class: 'pr-form-row pr-form-agree' }, [ui.agree, message]));
      }
      ui.form = element('form', { class: 'pr-form', novalidate: '', lang: TEXTS[lang] ? lang : 'en' }, rows.concat([ui.submit, ui.status]));
      ui.heading = element('h2', { class: 'pr-form-title' }, [o.messageTitle]);
      if (o.showTitle || o.modal) { ui.form.prepend(ui.heading); }
      ui.form.addEventListener('submit', function (e) { e.preventDefault(); submit(); });
      if (!o.noCSS) {
        document.head.append(element('link', { rel: 'stylesheet', href: new URL('form.css', base).href }));
      }
      if (o.modal) { inDialog(); } else { place.replaceChildren(ui.form); }
    }

    function inDialog() {
      ui.close = element('button', { class: 'pr-form-close', type: 'button', 'aria-label': texts.close }, ['×']);
      ui.dialog = element('dialog', { class: 'pr-form-dialog', 'aria-label': o.messageTitle }, [ui.close, ui.form]);
      document.body.append(ui.dialog);
      ui.close.addEventListener('click', function () { ui.dialog.close(); });
      place.addEventListener('click', function (e) { e.preventDefault(); form.open(); });
    }

    form.open = function () {
      if (ui.dialog && !ui.dialog.open) { ui.dialog.showModal(); }
      fields[attributes[0].name].input.focus();
    };

    function mark(wrong) {
      var first = null;
      Object.keys(fields).forEach(function (name) {
        var f = fields[name];
        f.wrong.textContent = wrong[name] ? texts[wrong[name]] || wrong[name] : '';
        if (wrong[name]) { f.input.setAttribute('aria-invalid', 'true'); first = first || f.input; } else { f.input.removeAttribute('aria-invalid'); }
      });
      if (first) { first.focus(); }
      return first !== null;
    }

    function submit() {
      var wrong = {};
      Object.keys(fields).forEach(function (name) {
        if (fields[name].about.required && !fields[name].input.value.trim()) { wrong[name] = 'required'; }
      });
      if (mark(wrong)) { return; }
      if (ui.agree && !ui.agree.checked) {
        ui.status.textContent = texts.agree;
        ui.agree.focus();
        return;
      }
      ui.submit.disabled = true;
      ui.status.textContent = '';
      send(true).then(done).catch(function (r) {
        log('failed', r);
        ui.status.textContent = r && r.status === 429 ? texts.many : r && r.status === 403 ? texts.off : texts.failed;
      }).then(function () { ui.submit.disabled = false; });
    }

    // send sends the form. A token that is too old by now is asked for anew, once.
    function send(again) {
      return (config ? Promise.resolve() : ask()).then(function () {
        var data = new FormData();
        data.append('fingerprint', print);
        data.append('token', config.token);
        if (o.test) { data.append('test', 'true'); }
        Object.keys(fields).forEach(function (name) { data.append(name, fields[name].input.value); });
        if (ui.files) { Array.from(ui.files.files).forEach(function (f) { data.append('file[]', f, f.name); }); }
        return fetch(config.endpoint, { method: 'POST', body: data });
      }).then(function (r) {
        if (r.status === 401 && again) {
          config = null;
          return send(false);
        }
        if (!r.ok) { throw r; }
        return r.json();
      });
    }

    function done(answer) {
      if (answer.errors) {
        mark(answer.errors);
        return;
      }
      var thanks = element('p', { class: 'pr-form-thanks', role: 'status', tabindex: '-1' }, [o.messageThankYou.replace('%s', answer.ticket.number)]);
      ui.form.replaceChildren(thanks);
      thanks.focus();
    }

    build();
    ask().catch(function (r) {
      log('off', r);
      if (r && r.status === 403) {
        ui.submit.disabled = true;
        ui.status.textContent = texts.off;
      }
    });
  }

  window.ZammadForm = ZammadForm;
  window.PostroomForm = ZammadForm;
  if (window.jQuery) {
    window.jQuery.fn.ZammadForm = function (options) {
      return this.each(function () { new ZammadForm(this, options); });
    };
  }
})();
