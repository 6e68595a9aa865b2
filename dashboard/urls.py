"""The whole map. The product's own pages are in `generations.urls`."""

from allauth.account import views as allauth_views
from django.urls import URLPattern, URLResolver, include, path, re_path

from dashboard.admin import site as admin_site
from dashboard.views import account, connections, consents, demo, health, people

handler400 = "dashboard.views.errors.bad_request"
handler403 = "dashboard.views.errors.forbidden"
handler404 = "dashboard.views.errors.not_found"
handler429 = "dashboard.views.errors.too_many_requests"
handler500 = "dashboard.views.errors.server_error"

# Of django-allauth only what can be reached: no sign-up, no email management.
accounts: list[URLPattern | URLResolver] = [
    path("login/", allauth_views.login, name="account_login"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("password/change/", allauth_views.password_change, name="account_change_password"),
    path("password/set/", allauth_views.password_set, name="account_set_password"),
    path("password/reset/", account.account_reset_password, name="account_reset_password"),
    path("password/reset/done/", allauth_views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("invitations/<token>", account.invitation, name="invitation"),
    path("profile/", account.profile, name="profile"),
    path("preferences/", account.preferences, name="preferences"),
]

team_settings: list[URLPattern | URLResolver] = [
    path("", people.team_members, name="team_members"),
    path("name", people.rename_team, name="rename_team"),
    path("leave", people.leave_team, name="leave_team"),
    path("members/<int:pk>", people.team_member, name="team_member"),
    path("members/<int:pk>/remove", people.remove_member, name="remove_member"),
    path("members/<int:pk>/reset-link", people.reset_link, name="reset_link"),
    path("invitations", people.invitations, name="invitations"),
    path("invitations/<int:pk>/revoke", people.revoke_invitation, name="revoke_invitation"),
    path("health", health.team_health, name="team_health"),
    path("connections", connections.team_connections, name="team_connections"),
    path("connections/new", connections.new_connection, name="new_connection"),
    path("connections/connect", consents.connect, name="connect"),
    path("connections/client", consents.registered_client, name="registered_client"),
    path("connections/client/remove", consents.remove_client, name="remove_client"),
    path("connections/asked/<int:pk>", consents.outcome, name="consent_outcome"),
    path("connections/consents/<int:pk>/disconnect", consents.disconnect, name="disconnect"),
    path("connections/<int:pk>", connections.edit_connection, name="edit_connection"),
    path("connections/<int:pk>/test", connections.test_connection, name="test_connection"),
    path("connections/<int:pk>/move", connections.move_connection, name="move_connection"),
    path("connections/<int:pk>/remove", connections.remove_connection, name="remove_connection"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("favicon.ico", health.favicon, name="favicon"),
    path("demo/<token>", demo.demo_sign_in, name="demo_sign_in"),
    path("oauth/client.json", consents.oauth_client, name="oauth_client"),
    path("oauth/callback", consents.oauth_callback, name="oauth_callback"),
    path("oauth/stray", consents.oauth_stray, name="oauth_stray"),
    path("accounts/", include(accounts)),
    path("teams/new", account.new_team, name="new_team"),
    path("teams/none", account.no_team, name="no_team"),
    path("t/<slug:team>/settings/", include(team_settings)),
    path("admin/", admin_site.urls),
    path("", include("generations.urls")),
]
