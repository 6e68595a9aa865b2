import time, io, pytest, cProfile, pstats, os
from tests import people
from tests.reading.samples import demo_record
from tests.views.kept import keep
from django.http import HttpResponse
from dashboard.access import for_team, Right
pytestmark = pytest.mark.django_db
def med(f,n=150):
    x=[]
    for _ in range(n):
        t=time.thread_time(); f(); x.append(time.thread_time()-t)
    x.sort(); return "%.2f/%.2f"%(1e3*x[n//4],1e3*x[n//2])
def test_w(django_test_environment):
    from django.test import utils
    from django.template.base import Template
    Template._render = utils._TestState.saved_data.template_render
    from django.core.handlers.wsgi import WSGIHandler
    team=people.team(); ada=people.person(team); browser=people.browser(ada)
    row=keep(team, demo_record("oslo-cancelled"), "G-01M0N8538G8F4T0W6X1Y2Z3A4B")
    u=row.get_absolute_url()
    import generations.urls as gu
    from django.urls import path, clear_url_caches
    from generations.models import Generation
    @for_team(Right.READ)
    def cheap(request): return HttpResponse("ok")
    gu.urlpatterns.append(path("t/<slug:team>/zz", cheap)); clear_url_caches()
    from django.core import signals; from django.db import close_old_connections
    signals.request_started.disconnect(close_old_connections); signals.request_finished.disconnect(close_old_connections)
    app=WSGIHandler()
    cookie="; ".join(f"{k}={v.value}" for k,v in browser.cookies.items())
    def get(path):
        st=[]
        env={"REQUEST_METHOD":"GET","PATH_INFO":path,"QUERY_STRING":"","SERVER_NAME":"localhost","SERVER_PORT":"80","HTTP_HOST":"localhost","HTTP_COOKIE":cookie,"wsgi.input":io.BytesIO(),"wsgi.url_scheme":"http","wsgi.errors":None,"SCRIPT_NAME":"","SERVER_PROTOCOL":"HTTP/1.1"}
        r=app(env, lambda s,h,*a: st.append(s)); b=b"".join(r); r.close(); assert st[0].startswith("200"),(st,path); return b
    for p in (u,f"/t/{team.slug}/zz"):
        for _ in range(5): get(p)
    for _ in range(2):
        print("cheap", med(lambda: get(f"/t/{team.slug}/zz")), "page", med(lambda: get(u)), "recent", med(lambda: get(f"/t/{team.slug}/recent")))
    if os.environ.get("PROF"):
        p=cProfile.Profile(); p.enable()
        for _ in range(100): get(u)
        p.disable()
        pstats.Stats(p).sort_stats(os.environ["PROF"]).print_stats(45)
