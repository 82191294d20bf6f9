/**
 * Keys of Salt's own configuration that may stand in a file and have no effect here, so that existing files keep working.
 * Modules can read them all the same (`config.get`).
 *
 * Master and minion share one list, as in Salt; a key that one of the two has a use for is in its table instead.
 */

/** Space-separated, by subject. */
const names = `
  acceptance_wait_time acceptance_wait_time_max random_reauth_delay return_retry_timer
  return_retry_timer_max return_retry_tries
  alert_master_failover_tags allow_minion_key_revoke always_verify_signature api_acl api_logfile api_pidfile
  append_minionid_config_dirs auth_safemode auth_tries auth_mode
  azurefs_envs azurefs_update_interval azurefs
  cache cache_jobs cache_sreqs cache_dir client_acl client_acl_blacklist client_acl_verify clean_dynamic_modules
  cloud_safe_get cmd_blacklist_glob cmd_safe cmd_whitelist_glob cli_summary cluster_id cluster_peers cluster_pki_dir
  cluster_pool_port cluster_secret
  color color_theme con_cache conf_file config_dir connection_pool consul_config cp_context cython_enable
  daemon_umask
  default_output deltaproxy_batch_size detect_remote_minions remote_minions_port
  disable_grains disable_aliases disable_returners discovery drop_messages_signature_fail
  dummy_pub dummy_publisher
  eauth_acl_module eauth_tokens eauth_tokens.cache_driver eauth_tokens.cluster_id ec2_tags enable_fqdns_grains
  enable_gpu_grains enable_ssh_minions enable_slsvars_fixes engines environment
  ensure_permissions etcd event_listen_queue event_listen_queue_max_seconds event_match_type event_monitor
  event_publisher_niceness event_publisher_pub_hwm event_return_niceness event_return_batch
  evt external_auth
  features fibre_channel_grains file_buffer_size
  file_recv_size_max file_server_niceness fileserver_events
  fileserver_interval fileserver_limit_traversal
  fileserver_list_cache_time fileserver_update_niceness fileserver_verify_config followsymlinks fopen_retry
  forward_syndic_event function_cache
  gather_job_timeout_max gather_proxy_facts global_identifier
  grain_opts grains_cache grains_cache_expiration grains_dirs
  grains_refresh_every grains_refresh_pre_exec
  hash_type hgfs hide_loader_warnings highstate_outputter http_connect_timeout http_max_body http_request_timeout
  ignore_missing inotify_watch intermediate_metadata ipc_mode ipc_so_rcvbuf ipc_so_sndbuf ipc_write_buffer
  ipc_write_timeout ipv6 iscsi_grains
  jinja_lstrip_blocks jinja_trim_blocks job_cache job_cache_store_endtime
  keep_acl_in_token key_cache key_pass keysize keys_cache
  lazy_loader_strict_matching local localfs lock_pillarenv log_datefmt log_datefmt_console log_fmt
  log_fmt_jid log_rotate_backup_count log_rotate_max_bytes logging
  magic_markers master_alive_interval master_failback master_failback_interval master_id
  master_job_caches master_pubkey_signature master_roots master_shuffle master_sign_key_name master_sign_pubkey
  master_stats master_stats_event_iter master_tops master_tops_first master_tries master_uri master_uri_format
  master_use_pubkey_signature matchers_dirs max_open_files maintenance_interval maintenance_niceness
  mem_status memcache_debug memcache_expire_seconds memcache_full_cleanup memcache_max_items memory_consumption
  metadata_server_grains metaproxy
  minion_jid_queue_hwm minion_restart_command
  minion_sign_messages minionfs_blacklist minionfs_env minionfs_mountpoint minionfs_whitelist minionfs_update_interval
  module_executors modules_max_memory multiprocessing mworker_niceness mworker_queue_niceness mysql
  namespaces netapi_allow_raw_shell netapi_bind_address netapi_disable_ssl netapi_enable_clients netapi_dirs
  niceness no_proxy nodegroups_default notify_systemd
  optimization_order order_masters output output_indent outputter_dirs outputters overstate
  parallel_runners peer_get permissive_acl pillar pillar_cache_backend pillar_root
  pillar_version
  ping_interval ping_on_rotate pki_dir_syndic poll_interval preserve_minion_cache pre_flight presence_events_interval
  print_metadata proc_dir process_manager profiling provider providers proxy proxy_always_alive
  proxy_deep_merge_pillar_in_opts proxy_host proxy_keep_alive proxy_keep_alive_interval proxy_mergetree
  proxy_merge_grains_in_module proxy_merge_grains_in_opts proxy_merge_pillar_in_opts
  proxy_merge_pillar_in_opts_strategy proxy_mines_pillar proxy_password proxy_port proxy_username pub_hwm
  pub_port pub_ret pub_server_niceness publish_port publish_session publish_signing_algorithm
  query_timeout queue_dirs queues
  raet_alt_port random_master random_startup_delay range_server reactor_niceness reactor_refresh_interval
  recon_randomize reauth regen_thin rejected_retry remote_minions
  render_dirs req_server_niceness request_channel_timeout
  request_channel_tries request_server_ttl require_minion_sign_messages rest_timeout ret_hwm
  retry_dns retry_dns_count return_config return_kwargs returner returner_dirs roots_update_interval
  roster roster_defaults roster_file rosters rotate_aes_key run_dir run_func_timeout runner_returns runtests_log
  salt_cp_chunk_size salt_event_pub_hwm salt_transport scheduler search serial shell
  show_jid show_timeout signing_key_pass singleton skip_grains sock_pool_size source_interface_name
  source_address source_ret_port source_publish_port sqlite_queue_dir ssh_agent ssh_config_file ssh_ext_alternatives
  ssh_extra_filerefs ssh_identities_only ssh_key_deploy ssh_list_nodegroups ssh_log_file ssh_max_procs
  ssh_merge_pillar ssh_minion_opts ssh_minions ssh_options ssh_passwd ssh_port ssh_pre_flight ssh_priv
  ssh_priv_passwd ssh_raw ssh_run_pre_flight ssh_scan_ports ssh_scan_timeout ssh_skip_roster ssh_sudo ssh_sudo_user
  ssh_timeout ssh_update_roster ssh_use_home_key ssh_user ssh_wipe ssl stage
  states_dirs static stdlib_path sudo_user svnfs syndic_dir
  syndic_event_forward_timeout
  syndic_failover syndic_finger syndic_forward_all_events syndic_jid_forward_cache_hwm syndic_log_file syndic_master
  syndic_master_port syndic_max_event_process_time syndic_pidfile syndic_retries syndic_user syndic_wait
  system_modules
  tcp_authentication_retries tcp_keepalive tcp_keepalive_cnt tcp_keepalive_idle tcp_keepalive_intvl
  tcp_master_pub_port tcp_master_publish_pull tcp_master_pull_port tcp_master_workers tcp_pub_port tcp_pull_port
  tcp_reconnect_backoff test_mode thin_extra_mods thin_exclude_saltexts thorium_dirs thorium_interval
  thorium_roots thorium_top thoriumenv time_skew tls token_dir token_expire token_expire_user_override token_file
  tops top_dirs transport transport_opts transports
  unique_jid update_restart_services update_url use_os_truststore use_superseded use_yamlloader_old utils_dirs
  username_grain
  value_dirs valid_minion_id_pattern verbose verify_env verify_master_pubkey_sign virt warn_until_date
  wheel_dirs win_delay_start win_gitrepos win_repo win_repo_mastercachefile windows_shares winrepo_branch
  worker_threads write_locks
  x509_v2 yaml_utf8 yaml_strict zmq_backlog zmq_filtering zmq_monitor
  acl_types __role log_level_console alias allowed_roots batch batch_safe_limit batch_safe_size batch_wait
  bootstrap_delay cloud cloud_conf_file config_paths pidfile_syndic proxy_pidfile sign_pub_messages
  nornir proxies salt_api saltclass sdb sshfs_verify stats subset thin token vault verify_ssl ca_bundle
  virtualname wait_for_master aliases.file hosts.file pkg pkgrepo user_agent
  mongo influxdb influxdb2 couchbase cassandra django pgjsonb slack xmpp
  sentry_handler logstash_tcp_handler logstash_udp_handler logstash_zmq_handler logstash_http_handler fluent_handler
  rest_cherrypy rest_tornado rest_wsgi http_api
`

/** A key that starts like this belongs to a subsystem with many keys. */
export const acceptedSaltPrefixes: readonly string[] = [
  'azurefs_',
  'git_pillar_',
  'gitfs_',
  'hgfs_',
  'log_fmt_',
  'log_datefmt_',
  'minionfs_',
  'rest_cherrypy_',
  's3fs_',
  'svnfs_',
  'syndic_',
  'thin_',
  'winrepo_',
  'win_repo_',
]

export const acceptedSaltKeys: ReadonlySet<string> = new Set(names.trim().split(/\s+/))

/** Names of returners: below each lie its options, which it reads itself. */
export const returnerKeys: ReadonlySet<string> = new Set([
  ...['elasticsearch', 'file', 'http', 'local_cache', 'master_bus', 'multi_returner', 'nats', 'postgres'],
  ...['redis', 'smtp', 'sqlite', 'syslog', 'webhook'],
])

/**
 * Whether a key is one of Salt's. A key with a point (`mysql.host`, `s3.buckets`) or a colon is the configuration of a module.
 */
export function isAcceptedSaltKey(key: string): boolean {
  if (returnerKeys.has(key)) return true
  return acceptedSaltKeys.has(key) || /[.:]/.test(key) || acceptedSaltPrefixes.some((prefix) => key.startsWith(prefix))
}
