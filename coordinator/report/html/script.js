"use strict";
(function () {
  var root = document.documentElement;
  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }

  // Light or dark, from what the system has at first.
  document.getElementById("theme").addEventListener("click", function () {
    var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  // Tables sort by the texts in them: numbers by value, the highest first.
  function number(text) {
    var found = /[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?/i.exec(text);
    return found ? parseFloat(found[0].replace(/,/g, "")) : -Infinity;
  }
  all("table.sortable").forEach(function (table) {
    var body = table.tBodies[0], heads = all("th", table);
    heads.forEach(function (th, column) {
      var button = th.querySelector("button");
      if (!button) return;
      button.addEventListener("click", function () {
        var numeric = th.classList.contains("n"), before = th.getAttribute("aria-sort");
        var up = before ? before === "descending" : !numeric;
        heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
        th.setAttribute("aria-sort", up ? "ascending" : "descending");
        var rows = all("tr", body).map(function (row) {
          var text = row.cells[column].textContent;
          return { row: row, key: numeric ? number(text) : text.toLowerCase() };
        });
        rows.sort(function (a, b) { return (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (up ? 1 : -1); });
        rows.forEach(function (r) { body.appendChild(r.row); });
      });
    });
  });

  // The river is cut where the slider stands.
  var slider = document.getElementById("k");
  if (slider) {
    var data = JSON.parse(document.getElementById("riverdata").textContent);
    var paths = all("#river .stream"), body = document.querySelector("#cuts tbody");
    var cut = document.getElementById("cut"), meter = body.querySelector("svg");
    slider.addEventListener("input", function () {
      var k = +slider.value, shades = data.q[k - 1];
      document.getElementById("kout").textContent = k;
      cut.setAttribute("transform", "translate(" + data.x[k - 1] + " 0)");
      cut.querySelector("text").textContent = "K = " + k;
      paths.forEach(function (path) {
        var shade = shades[path.dataset.i];
        path.setAttribute("class", "stream " + (shade < 0 ? "beyond" : "q" + shade));
      });
      body.textContent = "";
      data.s.map(function (s, i) { return { s: s, q: shades[i] }; })
        .filter(function (x) { return x.s.b >= k && x.s.d < k; })
        .sort(function (a, b) { return a.s.o - b.s.o; })
        .forEach(function (x) {
          var row = body.insertRow(), swatch = document.createElement("span");
          swatch.className = "swatch q" + x.q;
          row.insertCell().appendChild(swatch);
          x.s.c.forEach(function (text, i) {
            var cell = row.insertCell();
            if (i > 0) cell.className = "n";
            if (i === 2 && meter) {
              var m = meter.cloneNode(true);
              m.querySelector(".bar").setAttribute("width", Math.max(1.5, x.s.w / 100 * m.getAttribute("width")));
              cell.appendChild(m);
            }
            cell.appendChild(document.createTextNode(text));
          });
        });
    });
  }

  // Conditions to be pasted elsewhere.
  all(".copy").forEach(function (button) {
    var label = button.textContent;
    button.addEventListener("click", function () {
      var code = button.parentNode.querySelector("code"), range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (!document.execCommand("copy")) return;
      button.textContent = button.dataset.done;
      setTimeout(function () { button.textContent = label; }, 1500);
    });
  });

  // On paper everything is open but the SQL and what fills pages.
  var opened = [];
  addEventListener("beforeprint", function () {
    opened = all("details:not(.sql):not(.more):not([open])");
    opened.forEach(function (d) { d.open = true; });
  });
  addEventListener("afterprint", function () { opened.forEach(function (d) { d.open = false; }); });
})();
