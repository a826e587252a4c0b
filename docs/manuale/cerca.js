// Searches the manual without a server: the index is a script, as file:// can't be fetched.
(function () {
  "use strict";
  var root = document.body.getAttribute("data-radice");
  var box = document.getElementById("cerca");
  var found = document.getElementById("trovati");
  var index = null;

  function plain(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  }

  function load(then) {
    if (index) { then(); return; }
    var script = document.createElement("script");
    script.src = root + "indice.js";
    script.onload = function () { index = window.STTM_INDICE; then(); };
    document.head.appendChild(script);
  }

  function show() {
    var words = plain(box.value).split(/\s+/).filter(function (word) { return word.length > 1; });
    found.textContent = "";
    if (!words.length) { return; }
    var hits = [];
    index.forEach(function (entry) {
      var title = plain(entry.t), text = plain(entry.x), score = 0;
      for (var i = 0; i < words.length; i++) {
        if (title.indexOf(words[i]) >= 0) { score += 5; }
        else if (text.indexOf(words[i]) >= 0) { score += 1; }
        else { return; }
      }
      hits.push({ score: score, entry: entry });
    });
    hits.sort(function (a, b) { return b.score - a.score; });
    if (!hits.length) {
      var none = document.createElement("p");
      none.textContent = "Nessuna pagina contiene queste parole.";
      found.appendChild(none);
    }
    hits.slice(0, 12).forEach(function (hit) {
      var link = document.createElement("a");
      link.href = root + hit.entry.u;
      link.textContent = hit.entry.t;
      var page = document.createElement("small");
      page.textContent = hit.entry.p;
      link.appendChild(page);
      found.appendChild(link);
    });
  }

  box.addEventListener("input", function () { load(show); });
  box.form.addEventListener("submit", function (event) {
    event.preventDefault();
    var first = found.querySelector("a");
    if (first) { window.location.href = first.href; }
  });
})();
