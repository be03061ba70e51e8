"""The dashboard's own style: a few classes over Streamlit's theme, right in light and dark because they mix with it."""

from typing import Final

STYLE: Final = """<style>
.stMainBlockContainer{max-width:1240px}
.stMain h1{font-size:1.6rem;padding:0}
.stMain h2{font-size:1.2rem;padding:.4rem 0 0}
.stMain h3{font-size:1.02rem;padding:.2rem 0 0}
.tp-answer{font-size:1.6rem;line-height:1.35;font-weight:480;letter-spacing:-.008em;margin:.1rem 0 .2rem;
 text-wrap:pretty;max-width:78ch}
.tp-answer b{font-weight:680}
.tp-lead{max-width:90ch;line-height:1.5;margin:.1rem 0 .3rem}
.tp-dim{opacity:.68}
.tp-small{font-size:.86rem}
.tp-mark{font-size:.68em;opacity:.6;margin-left:.3em;cursor:help;vertical-align:.12em}
.tp-ask{display:inline-block;width:1.25em;height:1.25em;line-height:1.2em;margin-left:.4em;border-radius:50%;
 text-align:center;font-size:.82em;cursor:help;border:1px solid color-mix(in srgb,currentColor 55%,transparent)}
.tp-chip{display:inline-block;padding:.1rem .6rem;border-radius:1rem;font-size:.8rem;font-weight:600;
 margin:0 .35rem .25rem 0;
 border:1px solid color-mix(in srgb,currentColor 25%,transparent);white-space:nowrap}
.tp-chip[title]{cursor:help}
.tp-good{background:color-mix(in srgb,#1a9c6b 18%,transparent)}
.tp-warn{background:color-mix(in srgb,#d98f00 20%,transparent)}
.tp-bad{background:color-mix(in srgb,#c4364a 18%,transparent)}
.tp-kpis{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:.25rem 1.1rem;margin:.35rem 0 .5rem}
.tp-kpi{border-top:1px solid color-mix(in srgb,currentColor 18%,transparent);padding:.45rem 0 .3rem}
.tp-kpi .tp-name{font-size:.8rem;opacity:.72}
.tp-kpi .tp-value{font-size:1.32rem;font-weight:620;font-variant-numeric:tabular-nums;line-height:1.3}
.tp-kpi .tp-more{font-size:.8rem;opacity:.72;font-variant-numeric:tabular-nums}
.tp-bar{position:relative;display:block;height:10px;margin:.28rem 0 .2rem;min-width:80px;
 --line:color-mix(in srgb,currentColor 16%,transparent);
 background:linear-gradient(var(--line),var(--line)) center/100% 1px no-repeat}
.tp-bar i{position:absolute;display:block}
.tp-band{top:2px;height:6px;border-radius:3px;background:color-mix(in srgb,currentColor 34%,transparent)}
.tp-dot{top:0;width:4px;height:10px;margin-left:-2px;border-radius:2px;background:currentColor}
.tp-limit{top:-2px;width:0;height:14px;border-left:2px dashed #c4364a}
.tp-cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(258px,1fr));gap:.8rem;margin:.3rem 0}
.tp-cards .tp-card{max-width:460px}
.tp-card{border:1px solid color-mix(in srgb,currentColor 15%,transparent);border-left:5px solid var(--tier,#888);
 border-radius:.5rem;padding:.7rem .9rem .75rem;font-size:.9rem}
.tp-card h4{margin:0 0 .1rem;font-size:1.02rem;font-weight:650;padding:0}
.tp-tier{font-size:.78rem;font-weight:650;text-transform:capitalize;
 color:color-mix(in srgb,var(--tier,#888) 72%,currentColor)}
.tp-card dl.tp-rows{display:grid;padding:0;
 grid-template-columns:auto 1fr;gap:.12rem .7rem;margin:.4rem 0;font-variant-numeric:tabular-nums}
.tp-card dt{opacity:.68;margin:0;font-weight:400}
.tp-card dd{margin:0;text-align:right}.tp-card dd .tp-dim{white-space:nowrap}
.tp-table{width:100%;border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;margin:.2rem 0 .5rem}
.tp-table th{font-weight:600;text-align:left;font-size:.8rem;opacity:.72}
.tp-table td,.tp-table th{padding:.28rem .6rem .28rem 0;
 vertical-align:top;
 border-bottom:1px solid color-mix(in srgb,currentColor 12%,transparent)}
.tp-table .tp-num{text-align:right;white-space:nowrap}
.tp-limits td:first-child{width:46%}
.tp-list{margin:.1rem 0 .4rem;padding-left:1.15rem}.tp-list li{margin:.22rem 0;line-height:1.4}
.tp-list code{font-size:.88em}
.tp-error{border-left:4px solid #c4364a;background:color-mix(in srgb,#c4364a 10%,transparent);border-radius:.3rem;
 padding:.4rem .7rem;font-size:.88rem;margin:.1rem 0 .3rem;overflow-wrap:anywhere}
.tp-today{position:relative;height:10px;margin:-1.15rem .5rem .1rem}
.tp-today i{position:absolute;width:0;height:0;margin-left:-5px;border:5px solid transparent;border-top:0;
 border-bottom:7px solid currentColor;opacity:.55}
.tp-hist{max-width:560px;margin:.2rem 0 .6rem}
.tp-hist div{display:flex;align-items:flex-end;gap:2px;height:90px}
.tp-hist i{flex:1;background:color-mix(in srgb,currentColor 45%,transparent);border-radius:2px 2px 0 0;min-height:1px}
.tp-hist p{display:flex;justify-content:space-between;font-size:.8rem;opacity:.72;margin:.15rem 0 0;
 border-top:1px solid color-mix(in srgb,currentColor 30%,transparent)}
.st-key-workload_yaml textarea{font-family:ui-monospace,Menlo,Consolas,monospace;
 font-size:.82rem;line-height:1.45}
[class*="st-key-measure_live"] [data-stale="true"]{opacity:1!important}
.tp-progress{height:9px;border-radius:5px;overflow:hidden;margin:.15rem 0 .5rem;
 background:color-mix(in srgb,currentColor 14%,transparent)}
.tp-progress i{display:block;height:100%;border-radius:5px;background:color-mix(in srgb,currentColor 62%,transparent)}
.tp-said{white-space:pre-wrap;overflow-wrap:anywhere;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.84rem;
 line-height:1.45;border:1px solid color-mix(in srgb,currentColor 15%,transparent);border-radius:.4rem;
 padding:.5rem .7rem;margin:.1rem 0 .5rem;max-height:26rem;overflow-y:auto}
.tp-scroll{overflow-x:auto}
.tp-wide{min-width:720px}
@media (max-width:640px){
 .tp-wide{min-width:0}
 .tp-stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
 .tp-stack tbody,.tp-stack tr{display:block}
 .tp-stack tr{padding:.4rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 12%,transparent)}
 .tp-stack td,.tp-stack .tp-num{display:flow-root;border:0;padding:.08rem 0 .08rem 38%;text-align:left;
  white-space:normal;overflow-wrap:anywhere}
 .tp-stack td::before{content:attr(data-name);float:left;width:58%;margin-left:-61.3%;opacity:.68;font-weight:400}
 .tp-stack td:empty{display:none}
 .tp-stack td:first-child{padding-left:0;font-weight:600}
 .tp-stack td:first-child::before{content:none}
 .tp-answer{font-size:1.22rem}.tp-kpis{grid-template-columns:1fr 1fr;gap:.2rem .9rem}
 .tp-kpi .tp-value{font-size:1.12rem}.stMainBlockContainer{padding-left:1rem;padding-right:1rem}}
</style>"""
DARK_STYLE: Final = """<style>
[data-testid="stMultiSelect"] [data-tag]{color:#0E1117}
[data-testid="stBaseButton-primary"],[data-testid="stBaseButton-primary"]:hover{color:#0E1117}
</style>"""
"""In the dark theme the main button and what was chosen of several are light, and Streamlit writes on them in white."""
